// Methods accept the credentials that they list, and no others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/key_world.h"

namespace warden::testing {
namespace {

struct Bring {
  const char* what;
  bool auditor;  // the auditor's certificate instead of the client's
  bool token;    // of a caller
  bool key;      // with the scope probe.call
};

const Bring kPeer = {"a peer", false, false, false};
const Bring kAuditor = {"the auditor's certificate", true, false, false};
const Bring kToken = {"a token", false, true, false};
const Bring kKey = {"a key", false, false, true};
const Bring kBoth = {"a token and a key", false, true, true};
const Bring kAuditorToken = {"the auditor's certificate and a token", true, true, false};
const Bring kAuditorKey = {"the auditor's certificate and a key", true, false, true};
const Bring kAll = {"the auditor's certificate, a token and a key", true, true, true};

struct Row {
  const char* method;
  std::vector<std::pair<const Bring*, const Refused*>> answers;  // null: allowed
};

class AuthnTest : public ::testing::Test {
 protected:
  void Start(KeyWorld* world) {
    key_ = world->AddKey({.id = "billing", .scopes = {"probe.call"}});
    const absl::Status started = world->Start();
    ASSERT_TRUE(started.ok()) << started;
    const Certificate auditor = world->Identity("spiffe://probe.test/auditor");
    auditors_ = world->Connect(&auditor);
    token_ = world->Token("alice", {"caller"});
  }
  Answer Send(KeyWorld* world, const std::string& method, const Bring& bring) {
    const RawCall call =
        KeyWorld::KeyCall(method, bring.key ? key_ : "", bring.token ? token_ : "");
    return Perform(bring.auditor ? auditors_ : world->channel(), call);
  }
  void Check(KeyWorld* world, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      for (const auto& [bring, refused] : row.answers) {
        SCOPED_TRACE(absl::StrCat(row.method, " with ", bring->what));
        const std::string method = AuthnMethod(row.method);
        const Counted before(*world);
        const Answer answer = Send(world, method, *bring);
        if (refused == nullptr) {
          before.ExpectAllowed(method, answer);
        } else {
          before.ExpectRefused(method, answer, *refused);
        }
      }
    }
  }

  std::string key_;
  std::string token_;
  std::shared_ptr<grpc::Channel> auditors_;
};

TEST_F(AuthnTest, EveryMethodTakesWhatItLists) {
  KeyWorld world;
  Start(&world);
  const Refused* const missing = &kNoCredentials;
  const Refused* const other = &kNotAccepted;
  const Refused* const denied = &kDenied;
  const std::vector<Row> rows = {
      {"KeyAlone",
       {{&kPeer, missing},
        {&kAuditor, missing},
        {&kToken, other},
        {&kKey, nullptr},
        {&kBoth, other},
        {&kAuditorKey, nullptr}}},
      {"PeerAlone",
       {{&kPeer, nullptr}, {&kAuditor, nullptr}, {&kToken, other}, {&kKey, other}, {&kAll, other}}},
      {"PeerWithRole",
       {{&kPeer, denied}, {&kAuditor, nullptr}, {&kAuditorToken, other}, {&kAuditorKey, other}}},
      {"TokenOrKey",
       {{&kPeer, missing},
        {&kAuditor, missing},
        {&kToken, nullptr},
        {&kKey, nullptr},
        {&kBoth, nullptr},
        {&kAll, nullptr}}},
      {"TokenAndKey",
       {{&kPeer, missing},
        {&kToken, missing},
        {&kKey, missing},
        {&kBoth, nullptr},
        {&kAuditorKey, missing},
        {&kAll, nullptr}}},
      {"PeerAndTokenOrKey",
       {{&kAuditor, missing},
        {&kAuditorToken, nullptr},
        {&kAuditorKey, nullptr},
        {&kAll, nullptr},
        {&kToken, denied},
        {&kKey, denied}}},
      {"RoleOfPeerThatDoesNotCount",
       {{&kAuditor, missing}, {&kAuditorToken, denied}, {&kAuditorKey, denied}, {&kAll, denied}}},
      {"Anything", {{&kPeer, nullptr}, {&kToken, nullptr}, {&kKey, nullptr}, {&kAll, nullptr}}},
      {"Default", {{&kPeer, nullptr}, {&kToken, nullptr}, {&kKey, nullptr}, {&kAll, nullptr}}},
      {"Open", {{&kPeer, nullptr}, {&kToken, nullptr}, {&kKey, nullptr}, {&kAll, nullptr}}},
  };
  Check(&world, rows);
}

TEST_F(AuthnTest, TheSameCallerIsJudgedAnewByEachMethod) {
  KeyWorld world;
  Start(&world);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Send(&world, AuthnMethod("PeerAndTokenOrKey"), kAuditorKey).ok());
    const Counted before(world);
    const std::string method = AuthnMethod("RoleOfPeerThatDoesNotCount");
    before.ExpectRefused(method, Send(&world, method, kAuditorKey), kDenied);
  }
}

TEST_F(AuthnTest, TheConfigurationsDefaultIsForMethodsThatSayNothing) {
  KeyWorld world({.extra_config = "authn: {all: [API_KEY]}\n"});
  Start(&world);
  const std::vector<Row> rows = {
      {"Default",
       {{&kPeer, &kNoCredentials},
        {&kToken, &kNotAccepted},
        {&kKey, nullptr},
        {&kBoth, &kNotAccepted}}},
      {"Anything", {{&kPeer, nullptr}, {&kToken, nullptr}, {&kKey, nullptr}}},
      {"PeerAlone", {{&kPeer, nullptr}, {&kKey, &kNotAccepted}}},
      {"Open", {{&kPeer, nullptr}, {&kToken, nullptr}, {&kKey, nullptr}}},
  };
  Check(&world, rows);
  for (const std::string method : {"Unary", "ServerStream", "ClientStream", "BidiStream"}) {
    SCOPED_TRACE(method);
    {
      const Counted before(world);
      before.ExpectRefused(method, Send(&world, method, kToken), kNotAccepted);
    }
    {
      const Counted before(world);
      before.ExpectRefused(method, Send(&world, method, kPeer), kNoCredentials);
    }
    const Counted before(world);
    before.ExpectAllowed(method, Send(&world, method, kKey));
  }
}

TEST_F(AuthnTest, TheOperatorLearnsWhatTheMethodTakesAndTheClientDoesNot) {
  KeyWorld world;
  Start(&world);
  const Answer answer = Send(&world, AuthnMethod("KeyAlone"), kToken);
  const RefusalRecord record = world.sink().records().back();
  EXPECT_EQ(record.stage, "authn");
  EXPECT_THAT(record.detail, ::testing::HasSubstr("one of (API_KEY)"));
  EXPECT_THAT(record.detail, ::testing::HasSubstr("PEER, BEARER"));
  EXPECT_THAT(answer.Everything(), ::testing::Not(::testing::HasSubstr("API_KEY")));
}

}  // namespace
}  // namespace warden::testing
