// How often: buckets per principal, peer and address, over whole calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

// A world for each test: buckets remember.
class RateLimitTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(const RawCall& call) { return Perform(world_.channel(), call); }
  std::string Caller(const std::string& name) { return world_.Token(name, {"caller"}); }

  World world_{{.api = GetParam()}};
};

void ExpectQuota(const Answer& answer, const std::string& subject, absl::Duration at_most) {
  EXPECT_TRUE(answer.has_retry_info);
  EXPECT_GT(answer.retry_after, absl::ZeroDuration());
  EXPECT_LE(answer.retry_after, at_most);
  EXPECT_EQ(answer.quota_subject, subject);
}

TEST_P(RateLimitTest, APrincipalsBucketEmptiesAndRefills) {
  const std::string method = "LimitedByPrincipal";
  const RawCall call = World::Call(method, Caller("alice"));
  Answer refused;
  int allowed = 0;
  // Three at once; the first calls may take long enough for one more to come in.
  for (int i = 0; i < 50 && (refused.reason.empty()); ++i) {
    const Counted before(world_);
    const Answer answer = Send(call);
    if (answer.ok()) {
      ++allowed;
      before.ExpectAllowed(method, answer);
    } else {
      refused = answer;
      before.ExpectRefused(method, answer, kLimited);
    }
  }
  EXPECT_GE(allowed, 3);
  ExpectQuota(refused, "principal", absl::Milliseconds(100));
  absl::SleepFor(refused.retry_after);
  const Counted before(world_);
  before.ExpectAllowed(method, Send(call));
}

TEST_P(RateLimitTest, PrincipalsAreIndependentOfEachOtherAndOfTheirTokens) {
  const std::string method = "LimitedToTwenty";
  for (int i = 0; i < 20; ++i) {
    // Another token each time, the same caller.
    const std::string token = world_.Token("alice", {"caller"}, [i](nlohmann::json& claims) {
      claims["jti"] = absl::StrCat("token-", i);
    });
    ASSERT_TRUE(Send(World::Call(method, token)).ok()) << i;
  }
  const Counted before(world_);
  const Answer refused = Send(World::Call(method, Caller("alice")));
  before.ExpectRefused(method, refused, kLimited);
  ExpectQuota(refused, "principal", absl::Seconds(86400 / 20));
  EXPECT_TRUE(Send(World::Call(method, Caller("bob"))).ok());
  EXPECT_TRUE(Send(World::Call(method, Caller("Alice"))).ok());
}

TEST_P(RateLimitTest, GarbageInAPrincipalsNameTakesNothingFromThem) {
  const std::string method = "LimitedToTwenty";
  const std::string good = Caller("alice");
  std::string forged = good;
  char& first = forged[forged.rfind('.') + 1];
  first = first == 'A' ? 'B' : 'A';
  for (int i = 0; i < 40; ++i) {
    const Counted before(world_);
    before.ExpectRefused(method, Send(World::Call(method, forged)),
                         BadCredentials("token_signature"));
  }
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Send(World::Call(method, good)).ok()) << i;
}

TEST_P(RateLimitTest, APeersBucketIsItsIdentitysNotItsConnections) {
  const std::string method = "LimitedByPeer";
  const Certificate again = world_.Identity("spiffe://probe.test/client");
  const Certificate other = world_.Identity("spiffe://probe.test/other");
  ASSERT_TRUE(Send(World::Call(method, Caller("alice"))).ok());
  ASSERT_TRUE(Send(World::Call(method, Caller("bob"))).ok());
  for (const auto& channel : {world_.channel(), world_.Connect(&again)}) {
    const Counted before(world_);
    const Answer refused = Perform(channel, World::Call(method, Caller("carol")));
    before.ExpectRefused(method, refused, kLimited);
    ExpectQuota(refused, "peer", absl::Seconds(86400 / 2));
  }
  EXPECT_TRUE(Perform(world_.Connect(&other), World::Call(method, Caller("alice"))).ok());
}

TEST_P(RateLimitTest, AnAddresssBucketIsSharedByItsPeers) {
  const std::string method = "LimitedByAddress";  // server-streaming
  const Certificate other = world_.Identity("spiffe://probe.test/other");
  const auto second = world_.Connect(&other);
  ASSERT_TRUE(Send(World::Call(method, Caller("alice"))).ok());
  ASSERT_TRUE(Perform(second, World::Call(method, Caller("bob"))).ok());
  const Counted before(world_);
  const Answer refused = Perform(second, World::Call(method, Caller("carol")));
  before.ExpectRefused(method, refused, kLimited);
  ExpectQuota(refused, "address", absl::Seconds(86400 / 2));
}

TEST_P(RateLimitTest, FourThreadsAreAdmittedExactlyAsOftenAsOne) {
  const RawCall call = World::Call("LimitedToTwenty", Caller("alice"));
  std::atomic<int> allowed = 0;
  std::atomic<int> limited = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, channel = world_.channel()] {
      for (int j = 0; j < 50; ++j) {
        const Answer answer = Perform(channel, call);
        if (answer.ok()) ++allowed;
        if (answer.reason == "RATE_LIMITED") ++limited;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 20);
  EXPECT_EQ(limited, 180);
  EXPECT_EQ(world_.runs(), 20);
  EXPECT_EQ(world_.Decisions("LimitedToTwenty", "ok"), 20);
  EXPECT_EQ(world_.Decisions("LimitedToTwenty", "rate_limited"), 180);
}

INSTANTIATE_TEST_SUITE_P(Apis, RateLimitTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
