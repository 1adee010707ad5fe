// What looks like an attack is counted, recorded once, and penalized where that is configured.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"

namespace warden::testing {
namespace {

class AnomaliesTest : public ::testing::Test {
 protected:
  void Start(const std::string& config) {
    world_ = std::make_unique<World>(WorldOptions{.extra_config = config});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  std::shared_ptr<grpc::Channel> Peer(const std::string& name) const {
    const Certificate identity = world_->Identity("spiffe://probe.test/" + name);
    return world_->Connect(&identity);
  }
  // A token of `subject` that nobody has signed.
  std::string Forged(const std::string& subject) const {
    std::string token = world_->Token(subject, {"caller"});
    token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
    return token;
  }
  grpc::StatusCode Send(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                        const std::string& token) const {
    return Perform(channel, World::Call(method, token)).code;
  }
  double Found(const std::string& kind) const {
    return world_->Metrics()[absl::StrCat("warden_anomalies_total{kind=\"", kind, "\"}")];
  }
  std::vector<RefusalRecord> Records() const {
    std::vector<RefusalRecord> anomalies;
    for (const RefusalRecord& record : world_->sink().records()) {
      if (record.event == "anomaly") anomalies.push_back(record);
    }
    return anomalies;
  }

  std::unique_ptr<World> world_;
};

TEST_F(AnomaliesTest, WrongCredentialsForManySubjects) {
  Start("anomalies: {subjects_per_peer: 5}\n");
  const auto attacker = Peer("attacker");
  const auto clumsy = Peer("clumsy");
  for (int i = 0; i < 20; ++i) Send(clumsy, "Unary", Forged("always-me"));
  EXPECT_EQ(Found("credential_stuffing"), 0);
  for (int i = 0; i < 20; ++i) Send(attacker, "Unary", Forged(absl::StrCat("user-", i)));
  EXPECT_EQ(Found("credential_stuffing"), 1);  // once in a window
  const auto records = Records();
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records[0].reason, "credential_stuffing");
  EXPECT_EQ(records[0].peer, "spiffe://probe.test/attacker");
  EXPECT_EQ(records[0].principal, "");
  // Whom the tokens name nobody has verified.
  EXPECT_THAT(world_->sink().all(), ::testing::Not(::testing::HasSubstr("user-")));
  EXPECT_EQ(Send(attacker, "Unary", world_->Token("alice", {"caller"})), grpc::StatusCode::OK);
}

TEST_F(AnomaliesTest, ScanningIsPenalized) {
  Start(
      "anomalies: {methods_per_peer: 4, penalize: true}\n"
      "abuse: {delay_after: 100, block_after: 100}\n");
  const auto attacker = Peer("attacker");
  const std::string token = world_->Token("alice", {});
  for (const char* method : {"Unary", "Restricted", "AnyOf"}) {
    EXPECT_EQ(Send(attacker, method, token), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(Send(attacker, method, token), grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(Found("scanning"), 0);
  EXPECT_EQ(Send(attacker, "ServerStream", token), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Found("scanning"), 1);
  const int runs = world_->runs();
  EXPECT_EQ(Send(attacker, "Unary", world_->Token("bob", {"caller"})),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(world_->runs(), runs);
  EXPECT_EQ(Send(Peer("other"), "Unary", world_->Token("bob", {"caller"})), grpc::StatusCode::OK);
}

TEST_F(AnomaliesTest, MethodsThatAreNotServedCountForTheirAddress) {
  Start("anomalies: {methods_per_peer: 5}\n");
  for (int i = 0; i < 10; ++i) {
    const RawCall call = {.method = absl::StrCat("/guess.Service/M", i), .messages = {""}};
    EXPECT_EQ(Perform(Peer("attacker"), call).code, grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_EQ(Found("scanning"), 1);
}

TEST_F(AnomaliesTest, ATokenInTwoHands) {
  Start(
      "anomalies: {token_from_two_peers: true, penalize: true}\n"
      "abuse: {delay_after: 100, block_after: 100}\n");
  const auto owner = Peer("owner");
  const auto thief = Peer("thief");
  const auto with_id = [&](const std::string& subject, const std::string& id) {
    return world_->Token(subject, {"caller"}, [&](nlohmann::json& claims) { claims["jti"] = id; });
  };
  EXPECT_EQ(Send(owner, "Unary", with_id("alice", "1")), grpc::StatusCode::OK);
  EXPECT_EQ(Send(owner, "Unary", with_id("alice", "1")), grpc::StatusCode::OK);
  // The same peer with a new certificate is no other one.
  EXPECT_EQ(Send(Peer("owner"), "Unary", with_id("alice", "1")), grpc::StatusCode::OK);
  EXPECT_EQ(Send(thief, "Unary", with_id("bob", "2")), grpc::StatusCode::OK);
  EXPECT_EQ(Found("token_from_two_peers"), 0);
  const int runs = world_->runs();
  EXPECT_EQ(Send(thief, "Unary", with_id("alice", "1")), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Found("token_from_two_peers"), 1);
  // Who of the two the thief is cannot be told: the token's subject is blocked, not the peers.
  EXPECT_EQ(Send(owner, "Unary", with_id("alice", "3")), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(world_->runs(), runs);
  EXPECT_EQ(Send(thief, "Unary", with_id("bob", "2")), grpc::StatusCode::OK);
  EXPECT_EQ(Send(owner, "Unary", with_id("carol", "4")), grpc::StatusCode::OK);
}

TEST_F(AnomaliesTest, MoreRefusalsThanUsual) {
  Start("anomalies: {refusals_factor: 3, window: 2s}\n");
  const auto peer = Peer("peer");
  Send(peer, "Unary", Forged("alice"));
  EXPECT_EQ(Found("refusal_rate"), 0);
  // Three windows later it has a history, with a usual number of about none.
  const absl::Time later = absl::Now() + absl::Seconds(7);
  ASSERT_TRUE(Eventually([&] { return absl::Now() > later; }));
  EXPECT_TRUE(Eventually([&] {
    for (int i = 0; i < 40; ++i) Send(peer, "Unary", "a.b.c");
    return Found("refusal_rate") > 0;
  }));
}

}  // namespace
}  // namespace warden::testing
