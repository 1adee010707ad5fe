// A server whose keys come from a key server, and the key server's faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "tests/interceptors/keys/key_server.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

SigningKey NewKey(const std::string& kid) {
  return SigningKey::Generate(Algorithm::kEs256, kid).value();
}

std::string TokenBy(const SigningKey& key, const std::string& issuer = kIssuer) {
  nlohmann::json claims = World::Claims("alice", {"caller"});
  claims["iss"] = issuer;
  return key.SignCompact({{"typ", "JWT"}}, claims.dump()).value();
}

class KeySourcesTest : public ::testing::Test {
 protected:
  static constexpr char kFast[] =
      "{min_interval: 1s, max_interval: 1s, unknown_key_cooldown: 1s, max_age: 1h}";

  // `source` are the issuer's lines that say where its keys are.
  void Make(const std::string& source, const std::string& refresh = kFast) {
    WorldOptions options;
    options.edit_config = {
        {"jwks_file: jwks.json", absl::StrCat(source, "\n      refresh: ", refresh)}};
    options.extra_config =
        absl::StrCat("http:\n  ca_file: ", server_.ca_file(), "\n  timeout: 2s\n");
    if (source == "discovery: true") {
      issuer_ = server_.http().Url("/realm");
      options.edit_config.emplace_back(kIssuer, issuer_);
    }
    world_.emplace(std::move(options));
  }
  void MakeWithUrl(const std::string& refresh = kFast) {
    Make("jwks_url: " + server_.http().Url("/keys"), refresh);
  }

  // The reason in the record of refusals; "" where the handler ran, "wrong" where it did both.
  std::string Ask(const std::string& token) {
    const int runs = world_->runs();
    const size_t records = world_->sink().records().size();
    const Answer answer = Perform(world_->channel(), World::Call("Unary", token));
    const bool ran = world_->runs() != runs;
    const auto now = world_->sink().records();
    if (ran != (answer.code == grpc::StatusCode::OK) || ran != (now.size() == records)) {
      return "wrong";
    }
    return ran ? "" : now.back().reason;
  }
  std::string Ask(const SigningKey& key) { return Ask(TokenBy(key, issuer_)); }

  double Refreshes(const std::string& result) const {
    return world_->Metrics().at(absl::StrCat("warden_key_refreshes_total{issuer=\"", issuer_,
                                             "\",result=\"", result, "\"}"));
  }
  double Keys() const {
    return world_->Metrics().at(absl::StrCat("warden_keys{issuer=\"", issuer_, "\"}"));
  }

  // Every way in which a key server can fail; each has the answers of a good one undone.
  struct Fault {
    std::string name;
    std::string expected;  // in the error
    std::function<void()> begin;
  };
  std::vector<Fault> Faults() {
    const std::string good = JwksOf({&key_});
    nlohmann::json twice = nlohmann::json::parse(good);
    twice["keys"].push_back(twice["keys"][0]);
    nlohmann::json leaked = nlohmann::json::parse(good);
    leaked["keys"][0]["d"] = "AAAA";
    const auto serve = [this](HttpsReply reply) {
      return [this, reply = std::move(reply)] { server_.Serve(reply); };
    };
    return {
        {"down", "localhost", [this] { server_.http().Stop(); }},
        {"slow", "localhost", serve({.hang = true})},
        {"hangs up", "localhost", serve({.hang_up = true})},
        {"redirect", "redirects are not followed",
         serve({.status = 302, .headers = {{"Location", server_.http().Url("/good")}}})},
        {"error", "503", serve({.status = 503, .body = good})},
        {"HTML", "localhost", serve({.body = "<!DOCTYPE html><html><body>Hi</body></html>"})},
        {"100 MB", "longer than", serve({.body = good, .filler_bytes = uint64_t{100} << 20})},
        {"empty set", "no key can be used", serve({.body = R"({"keys":[]})"})},
        {"one kid twice", "another key has this kid", serve({.body = twice.dump()})},
        {"private key", "private members", serve({.body = leaked.dump()})},
        {"wrong certificate", "not trusted",
         [this, good] {
           server_.http().Stop();  // the client would go on with the connection it has
           server_.http().SetCertificate(LocalhostCertificate(CertificateAuthority("Other CA")));
           server_.http().Restart();
           server_.ServeKeys(good);
         }},
    };
  }
  void Repair(const std::string& jwks) {
    server_.http().Stop();
    server_.http().SetCertificate(LocalhostCertificate(server_.ca()));
    server_.ServeKeys(jwks);
    server_.http().Restart();
  }

  KeyServer server_;
  const SigningKey key_ = NewKey("first");
  const SigningKey next_key_ = NewKey("second");
  std::string issuer_ = kIssuer;
  std::optional<World> world_;
};

TEST_F(KeySourcesTest, AUrlServesKeys) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl();
  ASSERT_TRUE(world_->Start().ok());
  EXPECT_EQ(Ask(key_), "");
  EXPECT_EQ(Ask(next_key_), "token_key_unknown");
  EXPECT_EQ(Ask(world_->key()), "token_key_unknown");
  EXPECT_EQ(Keys(), 1);
  EXPECT_GE(Refreshes("updated"), 1);
}

TEST_F(KeySourcesTest, DiscoveryFindsKeys) {
  Make("discovery: true");
  server_.http().SetHandler([this](const HttpsRequest& request) {
    if (request.target == "/keys") return HttpsReply{.body = JwksOf({&key_})};
    if (request.target != "/realm/.well-known/openid-configuration") {
      return HttpsReply{.status = 404};
    }
    const nlohmann::json document = {{"issuer", issuer_},
                                     {"jwks_uri", server_.http().Url("/keys")}};
    return HttpsReply{.body = document.dump()};
  });
  const absl::Status started = world_->Start();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(Ask(key_), "");
  EXPECT_EQ(Ask(next_key_), "token_key_unknown");
}

TEST_F(KeySourcesTest, AServerDoesNotStartWithoutKeys) {
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(fault.name);
    server_.ServeKeys(JwksOf({&key_}));
    fault.begin();
    MakeWithUrl();
    const absl::Status started = world_->Start();
    EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(started.message()), HasSubstr(fault.expected));
    EXPECT_THAT(std::string(started.message()), HasSubstr("warden.yaml:"));
    Repair(JwksOf({&key_}));
  }
  Make("jwks_url: http://localhost/keys");
  EXPECT_THAT(std::string(world_->Start().message()), HasSubstr("https"));
}

TEST_F(KeySourcesTest, AServerMayStartWithoutKeysAndRefusesUntilTheyCome) {
  server_.Serve({.status = 503});
  MakeWithUrl(
      "{min_interval: 1s, max_interval: 1s, unknown_key_cooldown: 1s, "
      "allow_start_without_keys: true}");
  ASSERT_TRUE(world_->Start().ok());
  const Answer answer = Perform(world_->channel(), World::Call("Unary", TokenBy(key_)));
  EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(world_->sink().records().back().reason, "credentials_unavailable");
  EXPECT_EQ(world_->runs(), 0);
  server_.ServeKeys(JwksOf({&key_}));
  EXPECT_TRUE(Eventually([&] { return Ask(key_).empty(); }));
}

TEST_F(KeySourcesTest, FaultsOfARunningKeyServerRefuseNobody) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl();
  ASSERT_TRUE(world_->Start().ok());
  int wrong_allows = 0;
  int wrong_refusals = 0;
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(fault.name);
    const double failed = Refreshes("failed");
    fault.begin();
    const bool noticed = Eventually([&] {
      if (!Ask(key_).empty()) ++wrong_refusals;
      if (Ask(next_key_) != "token_key_unknown") ++wrong_allows;
      return Refreshes("failed") > failed;
    });
    EXPECT_TRUE(noticed);
    if (!Ask(key_).empty()) ++wrong_refusals;
    Repair(JwksOf({&key_}));
  }
  EXPECT_EQ(wrong_refusals, 0);
  EXPECT_EQ(wrong_allows, 0);
}

TEST_F(KeySourcesTest, ABadKeyInASetLeavesTheOthers) {
  nlohmann::json set = nlohmann::json::parse(JwksOf({&key_}));
  set["keys"].push_back({{"kty", "RSA"}, {"kid", "second"}, {"n", "AQAB"}, {"e", "AQAB"}});
  server_.ServeKeys(set.dump());
  MakeWithUrl();
  ASSERT_TRUE(world_->Start().ok());
  EXPECT_EQ(Ask(key_), "");
  EXPECT_EQ(Ask(next_key_), "token_key_unknown");
}

// first, then both, then second alone, under traffic of two callers that always use a key which is
// in the set that is served and in the one of before.
TEST_F(KeySourcesTest, RotationUnderTraffic) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl();
  ASSERT_TRUE(world_->Start().ok());
  const auto channel = world_->channel();
  std::atomic<bool> first_in_use{true};
  std::atomic<bool> second_in_use{false};
  std::atomic<bool> stop{false};
  std::atomic<int> wrong_refusals{0};
  std::atomic<int> accepted{0};
  const auto call = [&](const SigningKey& key, const std::atomic<bool>& in_use) {
    while (!stop) {
      const bool before = in_use;
      const Answer answer = Perform(channel, World::Call("Unary", TokenBy(key)));
      if (answer.code == grpc::StatusCode::OK) ++accepted;
      if (before && in_use && answer.code != grpc::StatusCode::OK) ++wrong_refusals;
      if (!before) std::this_thread::yield();
    }
  };
  std::thread one(call, std::cref(key_), std::cref(first_in_use));
  std::thread two(call, std::cref(next_key_), std::cref(second_in_use));
  server_.ServeKeys(JwksOf({&key_, &next_key_}));
  EXPECT_TRUE(Eventually([&] { return Keys() == 2; }));
  second_in_use = true;
  const int before = accepted;
  EXPECT_TRUE(Eventually([&] { return accepted > before + 100; }));
  first_in_use = false;
  server_.ServeKeys(JwksOf({&next_key_}));
  EXPECT_TRUE(Eventually([&] { return Keys() == 1; }));
  const int at_end = accepted;
  EXPECT_TRUE(Eventually([&] { return accepted > at_end + 100; }));
  stop = true;
  one.join();
  two.join();
  EXPECT_EQ(wrong_refusals, 0);
  int wrong_allows = 0;
  for (int i = 0; i < 20; ++i) {
    if (Ask(key_) != "token_key_unknown") ++wrong_allows;
    if (!Ask(next_key_).empty()) ++wrong_refusals;
  }
  EXPECT_EQ(wrong_allows, 0);
  EXPECT_EQ(wrong_refusals, 0);
}

TEST_F(KeySourcesTest, AnUnknownKeyIsFetchedAndItsCallsAreRefusedMeanwhile) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl("{unknown_key_cooldown: 1s}");
  ASSERT_TRUE(world_->Start().ok());
  server_.ServeKeys(JwksOf({&key_, &next_key_}));
  EXPECT_EQ(Ask(next_key_), "token_key_unknown");
  EXPECT_TRUE(Eventually([&] { return Ask(next_key_).empty(); }));
  EXPECT_EQ(server_.http().requests(), 2);
}

TEST_F(KeySourcesTest, AFloodOfUnknownKeysFetchesOncePerCooldown) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl("{unknown_key_cooldown: 1s}");
  const absl::Time start = absl::Now();
  ASSERT_TRUE(world_->Start().ok());
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(TokenBy(NewKey(absl::StrCat("unknown-", i))));
  int wrong_allows = 0;
  for (size_t i = 0; absl::Now() < start + absl::Seconds(3); ++i) {
    if (Ask(tokens[i % tokens.size()]) != "token_key_unknown") ++wrong_allows;
  }
  const absl::Duration elapsed = absl::Now() - start;
  EXPECT_GE(server_.http().requests(), 2);
  EXPECT_LE(server_.http().requests(), 1 + elapsed / absl::Seconds(1));
  EXPECT_EQ(wrong_allows, 0);
  EXPECT_EQ(Ask(key_), "");
}

TEST_F(KeySourcesTest, AnOutageBeyondMaxAgeRefusesAndEnds) {
  server_.ServeKeys(JwksOf({&key_}));
  MakeWithUrl("{min_interval: 1s, max_interval: 1s, unknown_key_cooldown: 1s, max_age: 3s}");
  ASSERT_TRUE(world_->Start().ok());
  const std::string token = TokenBy(key_);
  EXPECT_EQ(Ask(token), "");  // remembered from here on
  server_.http().Stop();
  EXPECT_TRUE(Eventually([&] { return Refreshes("failed") > 0; }));
  EXPECT_EQ(Ask(token), "");
  EXPECT_TRUE(Eventually([&] { return Keys() == 0; }));
  EXPECT_EQ(Ask(token), "credentials_unavailable");
  EXPECT_EQ(Ask(key_), "credentials_unavailable");
  server_.http().Restart();
  EXPECT_TRUE(Eventually([&] { return Ask(token).empty(); }));
}

TEST_F(KeySourcesTest, AFileIsWatched) {
  Make("jwks_file: keys.json", "{min_interval: 100ms}");
  world_->Write("keys.json", JwksOf({&key_}));
  ASSERT_TRUE(world_->Start().ok());
  EXPECT_EQ(Ask(key_), "");
  world_->Write("keys.json", JwksOf({&key_, &next_key_}));
  EXPECT_TRUE(Eventually([&] { return Ask(next_key_).empty(); }));
  EXPECT_EQ(Ask(key_), "");
  world_->Write("keys.json", "not a key set");
  EXPECT_TRUE(Eventually([&] { return Refreshes("failed") > 0; }));
  EXPECT_EQ(Ask(key_), "");
  EXPECT_EQ(Ask(next_key_), "");
  world_->Write("keys.json", JwksOf({&next_key_}));
  EXPECT_TRUE(Eventually([&] { return !Ask(key_).empty(); }));
  EXPECT_EQ(Ask(key_), "token_key_unknown");
  EXPECT_EQ(Ask(next_key_), "");
  EXPECT_GE(world_->Metrics().at("warden_reloads_total{file=\"key_set\",result=\"ok\"}"), 2);
}

TEST_F(KeySourcesTest, TypesAreChecked) {
  server_.ServeKeys(JwksOf({&key_}));
  Make(absl::StrCat("types: [at+jwt]\n      jwks_url: ", server_.http().Url("/keys")));
  ASSERT_TRUE(world_->Start().ok());
  const std::string claims = World::Claims("alice", {"caller"}).dump();
  EXPECT_EQ(Ask(key_.SignCompact({{"typ", "at+jwt"}}, claims).value()), "");
  EXPECT_EQ(Ask(key_.SignCompact({{"typ", "application/at+jwt"}}, claims).value()), "");
  EXPECT_EQ(Ask(key_.SignCompact({{"typ", "JWT"}}, claims).value()), "token_other");
}

}  // namespace
}  // namespace warden::testing
