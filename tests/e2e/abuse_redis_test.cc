// Servers that share their blocks, and what happens to them when Redis fails.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/abuse/abuse_control.h"
#include "interceptors/guard.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "tests/support/redis_server.h"

namespace warden::testing {
namespace {

// A server, and whom it lets in.
class Served {
 public:
  explicit Served(const RedisServer& redis)
      : world_({.extra_config =
                    absl::StrCat("abuse:\n  delay_after: 3\n  block_after: 3\n  window: 3600s\n"
                                 "  exempt_addresses: [127.0.0.0/8]\n  redis: {address: \"",
                                 redis.address(), "\", poll_interval: 50ms}\n")}) {
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }

  grpc::StatusCode Send(const std::string& peer, bool good = true) const {
    // SPIFFE IDs are what counts: each call may show another certificate.
    const Certificate identity = world_.Identity("spiffe://probe.test/" + peer);
    return Perform(world_.Connect(&identity),
                   World::Call("Unary", good ? world_.Token("alice", {"caller"}) : "a.b.c"))
        .code;
  }
  bool Blocks(const std::string& peer) const {
    const int runs = world_.runs();
    const bool blocked = Send(peer) == grpc::StatusCode::RESOURCE_EXHAUSTED;
    EXPECT_EQ(world_.runs(), runs + (blocked ? 0 : 1));
    return blocked;
  }
  void Penalize(const std::string& peer) const {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Send(peer, false), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_TRUE(Blocks(peer));
  }
  AbuseControl& abuse() { return *world_.server().guard().abuse(); }
  double Metric(const std::string& name) const { return world_.Metrics()[name]; }

 private:
  World world_;
};

BlockKey Key(const std::string& peer) { return *PeerKey("spiffe://probe.test/" + peer); }

TEST(AbuseRedisTest, APenaltyHoldsOnAllServersUntilItIsLiftedOnOne) {
  const RedisServer redis;
  Served one(redis);
  Served two(redis);
  EXPECT_FALSE(two.Blocks("bad"));
  one.Penalize("bad");
  EXPECT_TRUE(Eventually([&] { return two.Blocks("bad"); }));
  EXPECT_FALSE(two.Blocks("good"));
  ASSERT_TRUE(two.abuse().Lift(Key("bad")).ok());
  EXPECT_FALSE(two.Blocks("bad"));
  EXPECT_TRUE(Eventually([&] { return !one.Blocks("bad"); }));
  // With the failures behind it.
  EXPECT_EQ(one.Send("bad", false), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_FALSE(one.Blocks("bad"));
}

TEST(AbuseRedisTest, WithoutRedisEachServerGoesOn) {
  RedisServer redis;
  Served one(redis);
  Served two(redis);
  ASSERT_TRUE(one.abuse().Add({.key = Key("known"), .made_at = absl::Now()}).ok());
  ASSERT_TRUE(Eventually([&] { return two.Blocks("known"); }));
  redis.Kill();
  ASSERT_TRUE(Eventually([&] { return one.Metric("warden_blocks_sync_failures_total") > 0; }));
  EXPECT_TRUE(two.Blocks("known"));
  EXPECT_FALSE(two.Blocks("good"));
  one.Penalize("bad");
  EXPECT_FALSE(two.Blocks("bad"));
  EXPECT_TRUE(absl::IsUnavailable(one.abuse().Lift(Key("known"))));
  redis.Start();  // with nothing in it
  EXPECT_TRUE(Eventually([&] { return two.Blocks("bad"); }));
  EXPECT_TRUE(two.Blocks("known"));
}

TEST(AbuseRedisTest, AServerStartsWithoutRedis) {
  RedisServer redis;
  redis.Kill();
  Served one(redis);
  EXPECT_FALSE(one.Blocks("good"));
  one.Penalize("bad");
}

}  // namespace
}  // namespace warden::testing
