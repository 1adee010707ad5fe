// A real Cluster of three: each bucket where its slot is, also while slots move and nodes fail.
#include "interceptors/limits/shared/redis_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/limits/redis_ask.h"
#include "tests/support/redis_fleet.h"

namespace warden {
namespace {

using testing::ClusterFleet;
using testing::FreePort;
using ::testing::HasSubstr;
using testing::RedisServer;

std::unique_ptr<RedisSender> To(std::vector<std::string> seeds,
                                absl::Duration timeout = absl::Seconds(5)) {
  RedisOptions options;
  options.timeout = timeout;
  return std::make_unique<RedisCluster>(std::move(seeds), options);
}

TEST(RedisClusterTest, BucketsLieOnAllNodesAndEachIsExact) {
  ClusterFleet fleet;
  RedisLimitStore store(To({absl::StrCat("127.0.0.1:", FreePort()), fleet.node(1).address()}),
                        "test:");
  ASSERT_TRUE(store.sender().up());
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(AdmittedOf(store, AskOf(absl::StrCat("b", i), 3), 5), 3);
  }
  EXPECT_EQ(fleet.Keys("test:").size(), 40u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_THAT(fleet.node(i).Command({"KEYS", "*"}), HasSubstr("test:limit:{")) << i;
  }
  // One script for each node had to be sent whole.
  EXPECT_EQ(store.sender().commands(), 200u + 3);
  const auto crossed = AskStore(store, {AskOf("b0", 3), AskOf("b1", 3)});
  EXPECT_EQ(crossed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store.sender().commands(), 200u + 3) << "nobody was asked";
}

TEST(RedisClusterTest, ASlotThatMovesLosesNothing) {
  ClusterFleet fleet;
  RedisLimitStore store(To({fleet.node(0).address()}), "test:");
  const SharedAsk ask = AskOf("b", 10);
  ASSERT_EQ(AdmittedOf(store, ask, 2), 2);
  const std::vector<std::string> keys = fleet.Keys("test:");
  ASSERT_EQ(keys.size(), 1u);
  const uint16_t slot = RedisSlotOf(keys[0]);
  const size_t from = fleet.HolderOf(slot), to = (from + 1) % 3;
  fleet.BeginMove(slot, from, to, {});
  EXPECT_EQ(AdmittedOf(store, ask, 2), 2) << "it is still here";
  fleet.BeginMove(slot, from, to, keys);
  EXPECT_EQ(AdmittedOf(store, ask, 2), 2) << "ASK";
  EXPECT_EQ(fleet.HolderOf(slot), to);
  fleet.EndMove(slot, from, to);
  EXPECT_EQ(AdmittedOf(store, ask, 2), 2) << "MOVED";
  EXPECT_EQ(AdmittedOf(store, ask, 5), 2) << "ten in all";
  const uint64_t before = store.sender().commands();
  EXPECT_EQ(AdmittedOf(store, ask, 5), 0);
  EXPECT_EQ(store.sender().commands(), before + 5) << "it knows the new place";
}

TEST(RedisClusterTest, ANodeThatJoinsIsFound) {
  ClusterFleet fleet;
  RedisLimitStore store(To({fleet.node(0).address()}), "test:");
  const SharedAsk ask = AskOf("b", 10);
  ASSERT_EQ(AdmittedOf(store, ask, 4), 4);
  const std::vector<std::string> keys = fleet.Keys("test:");
  const uint16_t slot = RedisSlotOf(keys.at(0));
  const size_t from = fleet.HolderOf(slot);
  fleet.Add();
  fleet.BeginMove(slot, from, 3, keys);
  EXPECT_EQ(AdmittedOf(store, ask, 3), 3) << "ASK, of a node that has no slot yet";
  fleet.EndMove(slot, from, 3);
  EXPECT_EQ(AdmittedOf(store, ask, 10), 3);
  EXPECT_TRUE(store.sender().up());
}

TEST(RedisClusterTest, ANodeThatIsGoneTakesOnlyItsOwnBucketsAlong) {
  ClusterFleet fleet;
  RedisLimitStore store(To({fleet.node(0).address()}, absl::Milliseconds(500)), "test:");
  fleet.node(2).Kill();
  int answered = 0, lost = 0;
  for (int i = 0; i < 60; ++i) {
    const auto answer = AskStore(store, {AskOf(absl::StrCat("b", i), 1)});
    ++(answer.ok() ? answered : lost);
  }
  EXPECT_GT(answered, 20);
  EXPECT_GT(lost, 5);
  EXPECT_FALSE(store.sender().up());
  fleet.node(2).Start();
  ASSERT_TRUE(WithinAMinute([&] {
    for (int i = 0; i < 60; ++i) {
      if (!AskStore(store, {AskOf(absl::StrCat("c", i), 1)}).ok()) return false;
    }
    return true;
  }));
  EXPECT_TRUE(store.sender().up());
}

TEST(RedisClusterTest, AServerThatIsNoClusterIsNotAsked) {
  const RedisServer redis;
  RedisLimitStore store(To({redis.address()}), "test:");
  EXPECT_FALSE(store.sender().up());
  EXPECT_FALSE(AskStore(store, {AskOf("b", 1)}).ok());
  EXPECT_EQ(store.sender().commands(), 0u);
  EXPECT_EQ(store.sender().failures(), 1u);
}

// Every question is answered once, whatever happens to the slots, and when the store ends.
TEST(RedisClusterTest, ManyThreadsAskWhileSlotsMove) {
  ClusterFleet fleet;
  std::atomic<int> asked{0}, answered{0}, admitted{0};
  {
    RedisLimitStore store(To({fleet.node(0).address()}), "test:");
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        while (!done) {
          if (asked - answered > 500) {
            std::this_thread::yield();
            continue;
          }
          ++asked;
          store.Decide({AskOf("b", 200)}, [&](const SharedLimitStore::Answer& answer) {
            if (answer.ok() && answer->front().judged.allowed) ++admitted;
            ++answered;
          });
        }
      });
    }
    EXPECT_TRUE(WithinAMinute([&] { return admitted > 0; }));
    const std::vector<std::string> keys = fleet.Keys("test:");
    const uint16_t slot = RedisSlotOf(keys.at(0));
    for (int round = 0; round < 3; ++round) {
      const size_t from = fleet.HolderOf(slot), to = (from + 1) % 3;
      fleet.BeginMove(slot, from, to, keys);
      fleet.EndMove(slot, from, to);
      const int before = answered;
      EXPECT_TRUE(WithinAMinute([&] { return answered > before + 1000; }));
    }
    done = true;
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(answered, asked);
  EXPECT_EQ(admitted, 200);
}

}  // namespace
}  // namespace warden
