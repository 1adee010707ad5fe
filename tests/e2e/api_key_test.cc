// API keys over whole calls: good ones, and everything that is nearly one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/guard.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/key_world.h"
#include "tests/e2e/suite_world.h"
#include "tests/support/http_ask.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Refused kUnknownKey = BadCredentials("api_key_unknown");
const Refused kDisabledKey = BadCredentials("api_key_revoked");
const Refused kMalformed = BadCredentials("credentials_malformed");
const Refused kAmbiguous = BadCredentials("credentials_ambiguous");
const std::string kSecret(43, 'A');

std::string WrongSecret(std::string key) {
  char& c = key[key.size() - 2];
  c = c == 'A' ? 'B' : 'A';
  return key;
}

class ApiKeyTest : public ::testing::TestWithParam<Api> {
 protected:
  void Start() {
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void ExpectRefused(const RawCall& call, const std::string& method, const Refused& as) {
    const Counted before(world_);
    const Answer answer = world_.Send(call);
    before.ExpectRefused(method, answer, as);
  }
  std::string Key(const std::string& id, NewApiKey spec = {.scopes = {"probe.call"}}) {
    spec.id = id;
    return world_.AddKey(std::move(spec));
  }

  KeyWorld world_{{.api = GetParam()}};
};

TEST_P(ApiKeyTest, AGoodKeyHasTheRolesOfItsIdAndScopes) {
  const std::string caller = Key("billing", {.subject = "shop", .scopes = {"probe.call"}});
  const std::string admin = Key("admin-key", {});
  const std::string nobody = Key("nobody", {});
  Start();
  for (const char* method : kFourKinds) {
    SCOPED_TRACE(method);
    const Counted before(world_);
    before.ExpectAllowed(method, world_.Send(KeyWorld::KeyCall(method, caller)));
    ExpectRefused(KeyWorld::KeyCall(method, nobody), method, kDenied);
  }
  v1::ProbeReply reply;
  const Answer answer = world_.Send(KeyWorld::KeyCall("Unary", caller));
  ASSERT_EQ(answer.replies.size(), 1u);
  ASSERT_TRUE(reply.ParseFromString(answer.replies[0]));
  EXPECT_EQ(reply.caller(), "shop");
  EXPECT_THAT(reply.roles(), ElementsAre("caller"));
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Restricted", admin)).ok());
  ExpectRefused(KeyWorld::KeyCall("Restricted", caller), "Restricted", kDenied);
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Authenticated", nobody)).ok());
  EXPECT_EQ(world_.server().guard().ApiKeyUses().size(), 3u);
}

TEST_P(ApiKeyTest, AKeyAndATokenGiveTheRolesOfBoth) {
  const std::string admin = Key("admin-key", {});
  Start();
  const Answer answer =
      world_.Send(KeyWorld::KeyCall("Restricted", admin, world_.Token("alice", {"caller"})));
  v1::ProbeReply reply;
  ASSERT_EQ(answer.replies.size(), 1u) << answer.text;
  ASSERT_TRUE(reply.ParseFromString(answer.replies[0]));
  EXPECT_EQ(reply.caller(), "alice");
  EXPECT_THAT(reply.roles(), ElementsAre("admin", "caller"));
}

TEST_P(ApiKeyTest, WhatIsNearlyAGoodKeyIsRefusedEverywhere) {
  const std::string good = Key("billing");
  const std::string other = Key("other");
  const std::string expired =
      Key("expired", {.scopes = {"probe.call"}, .expires = absl::Now() - absl::Seconds(2)});
  const std::string early =
      Key("early", {.scopes = {"probe.call"}, .not_before = absl::Now() + absl::Hours(1)});
  const std::string disabled = Key("disabled");
  world_.Edit([](auto* keys) { return SetApiKeyDisabled("disabled", true, keys); });
  Start();
  const std::vector<std::pair<std::string, Refused>> rows = {
      {WrongSecret(good), kUnknownKey},
      {"wk_billing" + other.substr(other.find('.')), kUnknownKey},
      {"wk_nobody-1." + kSecret, kUnknownKey},
      {expired, kExpiredKey},
      {WrongSecret(expired), kUnknownKey},
      {early, kExpiredKey},
      {disabled, kDisabledKey},
      {WrongSecret(disabled), kUnknownKey},
      {"Bearer " + good, kMalformed},
      {good + "," + good, kMalformed},
      {good.substr(3), kMalformed},
      {good.substr(0, good.size() - 1), kMalformed},
      {good + "A", kMalformed},
      {"wk_BILLING" + good.substr(good.find('.')), kMalformed},
      {"wk_billing", kMalformed},
      {"x", kMalformed},
      {good + std::string(20'000, 'A'), kMalformed},
  };
  for (const auto& [key, refused] : rows) {
    for (const std::string method :
         {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public", "Authenticated"}) {
      SCOPED_TRACE(absl::StrCat(method, " ", key.substr(0, 60)));
      ExpectRefused(KeyWorld::KeyCall(method, key), method, refused);
    }
  }
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", good)).ok());
}

TEST_P(ApiKeyTest, TwoEntriesAreRefusedWhateverTheySay) {
  const std::string good = Key("billing");
  Start();
  for (const std::string& second : {good, WrongSecret(good), std::string()}) {
    RawCall call = KeyWorld::KeyCall("Unary", good);
    call.metadata.emplace_back("x-api-key", second);
    ExpectRefused(call, "Unary", kAmbiguous);
    std::swap(call.metadata[0], call.metadata[1]);
    call.method = "/warden.testing.v1.Probe/Public";
    ExpectRefused(call, "Public", kAmbiguous);
  }
  RawCall empty = KeyWorld::KeyCall("Unary", good);
  empty.metadata[0].second.clear();
  ExpectRefused(empty, "Unary", kMalformed);
}

TEST_P(ApiKeyTest, ABadTokenIsNotMadeGoodByAGoodKey) {
  const std::string good = Key("billing");
  Start();
  std::string token = world_.Token("alice", {"caller"});
  token[token.rfind('.') + 1] = token[token.rfind('.') + 1] == 'A' ? 'B' : 'A';
  ExpectRefused(KeyWorld::KeyCall("Unary", good, token), "Unary",
                BadCredentials("token_signature"));
  ExpectRefused(KeyWorld::KeyCall("Unary", WrongSecret(good), world_.Token("alice", {"caller"})),
                "Unary", kUnknownKey);
}

TEST_P(ApiKeyTest, RotationOverlapsWithoutAWrongRefusal) {
  const std::string old = Key("billing");
  Start();
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&, channel = world_.channel()] {
      while (!stop) refused += Perform(channel, KeyWorld::KeyCall("Unary", old)).ok() ? 0 : 1;
    });
  }
  const std::string fresh = world_.Rotate("billing", absl::Hours(1));
  EXPECT_TRUE(world_.EventuallyAllowed(KeyWorld::KeyCall("Unary", fresh)));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", fresh)).ok());
    EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", old)).ok());
  }
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(refused, 0);
  const std::string last = world_.Rotate("billing", absl::ZeroDuration());
  EXPECT_TRUE(world_.EventuallyAllowed(KeyWorld::KeyCall("Unary", last)));
  ExpectRefused(KeyWorld::KeyCall("Unary", old), "Unary", kUnknownKey);
  ExpectRefused(KeyWorld::KeyCall("Unary", fresh), "Unary", kUnknownKey);
}

TEST_P(ApiKeyTest, AKeyThatIsDisabledOrDeletedEndsWithTheNextLook) {
  const std::string first = Key("first");
  const std::string second = Key("second");
  Start();
  ASSERT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", first)).ok());
  world_.Edit([](auto* keys) { return SetApiKeyDisabled("first", true, keys); });
  EXPECT_TRUE(world_.EventuallyRefused(KeyWorld::KeyCall("Unary", first), kDisabledKey));
  ExpectRefused(KeyWorld::KeyCall("Unary", first), "Unary", kDisabledKey);
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", second)).ok());
  world_.Edit([](auto* keys) { return DeleteApiKey("second", keys); });
  EXPECT_TRUE(world_.EventuallyRefused(KeyWorld::KeyCall("Unary", second), kUnknownKey));
  EXPECT_EQ(world_.Metrics().at("warden_api_keys"), 1);
}

TEST_P(ApiKeyTest, TheLastGoodKeysStayWhereTheFileIsBroken) {
  const std::string good = Key("billing");
  Start();
  const auto reloads = [&](const std::string& result) {
    return world_.Metrics().at(
        absl::StrCat("warden_reloads_total{file=\"api_keys\",result=\"", result, "\"}"));
  };
  ::testing::internal::CaptureStderr();
  world_.Replace("keys:\n  billing: {subject: x, secrets: [{hash: " + good + "}]}\n");
  EXPECT_TRUE(Eventually([&] { return reloads("error") > 0; }));
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", good)).ok());
  std::filesystem::remove(world_.folder() / "keys.yaml");
  EXPECT_TRUE(Eventually([&] { return reloads("error") > 1; }));
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall("Unary", good)).ok());
  const std::string next = Key("next");
  EXPECT_TRUE(world_.EventuallyAllowed(KeyWorld::KeyCall("Unary", next)));
  EXPECT_GE(reloads("ok"), 1);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("keys.yaml:2:"));
  EXPECT_THAT(log, Not(HasSubstr(good.substr(good.find('.') + 1))));
}

TEST_P(ApiKeyTest, AllKeysOfASubjectShareOneRateLimit) {
  const NewApiKey spec{.subject = "shop", .scopes = {"probe.call"}};
  const std::string first = Key("first", spec);
  const std::string second = Key("second", spec);
  const std::string other = Key("other");
  Start();
  const std::string method = "LimitedToTwenty";
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(world_.Send(KeyWorld::KeyCall(method, i % 2 == 0 ? first : second)).ok()) << i;
  }
  ExpectRefused(KeyWorld::KeyCall(method, first), method, kLimited);
  ExpectRefused(KeyWorld::KeyCall(method, second), method, kLimited);
  EXPECT_TRUE(world_.Send(KeyWorld::KeyCall(method, other)).ok());
  // A token's subject of the same name is somebody else.
  EXPECT_TRUE(world_.Send(World::Call(method, world_.Token("shop", {"caller"}))).ok());
}

TEST_P(ApiKeyTest, NoKeyReachesTheClientTheRecordsOrTheMetrics) {
  const std::string good = Key("billing");
  const std::string disabled = Key("disabled");
  world_.Edit([](auto* keys) { return SetApiKeyDisabled("disabled", true, keys); });
  Start();
  const std::string marker = "h4ckme-Marker-5ecret";
  const std::string planted = "wk_marked." + marker + std::string(43 - marker.size(), 'A');
  std::string seen;
  for (const std::string& key :
       {good, WrongSecret(good), disabled, planted, marker, marker + std::string(5000, 'x'),
        "wk_" + marker + "." + kSecret, good + marker}) {
    for (const std::string method : {"Unary", "Public", "Restricted", "ClientStream", "Nothing"}) {
      seen += world_.Send(KeyWorld::KeyCall(method, key)).Everything();
    }
    RawCall twice = KeyWorld::KeyCall("Unary", key);
    twice.metadata.emplace_back("x-api-key", marker);
    seen += world_.Send(twice).Everything();
  }
  seen += world_.sink().all();
  seen += HttpGet(world_.server().metrics_port(), "/metrics");
  EXPECT_THAT(seen, HasSubstr("api_key_unknown"));
  EXPECT_THAT(seen, Not(HasSubstr(marker)));
  for (const std::string& key : {good, disabled}) {
    EXPECT_THAT(seen, Not(HasSubstr(key.substr(key.find('.') + 1))));
    EXPECT_THAT(seen, Not(HasSubstr(key.substr(key.size() - 12))));
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, ApiKeyTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

TEST(ApiKeysNotConfigured, AKeyThatIsSentIsRefused) {
  World world;
  ASSERT_TRUE(world.Start().ok());
  for (const std::string method : {"Unary", "Public"}) {
    const Counted before(world);
    const RawCall call =
        KeyWorld::KeyCall(method, "wk_billing." + kSecret, world.Token("alice", {"caller"}));
    before.ExpectRefused(method, Perform(world.channel(), call), kUnknownKey);
  }
}

}  // namespace
}  // namespace warden::testing
