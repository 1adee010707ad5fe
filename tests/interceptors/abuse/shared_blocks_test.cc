#include "interceptors/abuse/shared_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/eventually.h"
#include "tests/support/redis_server.h"

namespace warden {
namespace {

using testing::Eventually;
using testing::RedisServer;

Block Of(const std::string& address, absl::Duration duration = absl::Hours(1)) {
  return {.key = *AddressKey(address),
          .until = absl::Now() + duration,
          .made_at = absl::Now(),
          .reason = "test of Redis",
          .by = "a tester"};
}

// A server's list, and how it keeps it.
struct Copy {
  explicit Copy(const std::string& address, size_t max_entries = 1000)
      : list(max_entries),
        shared({.redis = {.address = address, .timeout = absl::Milliseconds(300)},
                .max_entries = max_entries,
                .poll_interval = absl::Milliseconds(20)},
               &list, [this](const BlockKey&) { ++lifted; }) {
    shared.Start();
  }
  bool Blocks(const std::string& address) const {
    return list.FindAddress(*IpAddress::Parse(address), absl::Now()).has_value();
  }
  bool Failing() const {
    return Eventually([&, before = shared.failures()] { return shared.failures() > before; });
  }

  BlockList list;
  std::atomic<int> lifted = 0;
  SharedBlocks shared;
};

TEST(SharedBlocksTest, ServersSeeWhatOthersDo) {
  const RedisServer server;
  Copy one(server.address());
  Copy two(server.address());
  const absl::StatusOr<Block> made = one.shared.Add(Of("10.0.0.1"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->reason, "test of Redis");
  EXPECT_TRUE(one.Blocks("10.0.0.1"));  // at once
  EXPECT_TRUE(Eventually([&] { return two.Blocks("10.0.0.1"); }));
  EXPECT_EQ(two.list.Get(BlockSource::kShared, *AddressKey("10.0.0.1"))->by, "a tester");
  ASSERT_TRUE(two.shared.Lift(*AddressKey("10.0.0.1")).ok());
  EXPECT_FALSE(two.Blocks("10.0.0.1"));
  EXPECT_TRUE(Eventually([&] { return !one.Blocks("10.0.0.1"); }));
  EXPECT_GE(one.lifted, 1);
  EXPECT_TRUE(absl::IsNotFound(one.shared.Lift(*AddressKey("10.0.0.1"))));
  // Who comes later has everything before it serves.
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.2")).ok());
  const Copy three(server.address());
  EXPECT_TRUE(three.Blocks("10.0.0.2"));
  EXPECT_FALSE(three.Blocks("10.0.0.1"));
}

TEST(SharedBlocksTest, TheLongerBlockStays) {
  const RedisServer server;
  Copy one(server.address());
  const Block longer = Of("10.0.0.1", absl::Hours(5));
  ASSERT_TRUE(one.shared.Add(longer).ok());
  const absl::StatusOr<Block> kept = one.shared.Add(Of("10.0.0.1"));
  ASSERT_TRUE(kept.ok());
  EXPECT_GE(kept->until, longer.until);
  Block forever = Of("10.0.0.1");
  forever.until = absl::InfiniteFuture();
  EXPECT_EQ(one.shared.Add(forever)->until, absl::InfiniteFuture());
  EXPECT_EQ(one.shared.Add(longer)->until, absl::InfiniteFuture());
}

TEST(SharedBlocksTest, WhatIsQueuedIsSharedWhenRedisIsBack) {
  RedisServer server;
  Copy one(server.address());
  Copy two(server.address());
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.1")).ok());
  ASSERT_TRUE(Eventually([&] { return two.Blocks("10.0.0.1"); }));
  server.Kill();
  ASSERT_TRUE(one.Failing());
  EXPECT_TRUE(one.Blocks("10.0.0.1"));
  EXPECT_TRUE(absl::IsUnavailable(one.shared.Add(Of("10.0.0.3")).status()));
  one.shared.Push(Of("10.0.0.2"));
  server.Start();  // with nothing in it
  EXPECT_TRUE(Eventually([&] { return two.Blocks("10.0.0.2"); }));
  EXPECT_TRUE(two.Blocks("10.0.0.1"));  // known, though Redis has lost it
  EXPECT_FALSE(two.Blocks("10.0.0.3"));
}

TEST(SharedBlocksTest, AFullListSaysSo) {
  const RedisServer server;
  Copy one(server.address(), 2);
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.1")).ok());
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.2")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(one.shared.Add(Of("10.0.0.3")).status()));
  one.shared.Push(Of("10.0.0.4"));
  EXPECT_TRUE(Eventually([&] { return one.shared.dropped() == 1; }));
}

TEST(SharedBlocksTest, WhatExpiresIsForgotten) {
  const RedisServer server;
  Copy one(server.address(), 2);
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.1", absl::Milliseconds(1))).ok());
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.2", absl::Milliseconds(1))).ok());
  // They make room.
  EXPECT_TRUE(Eventually([&] {
    one.list.DropExpired(absl::Now());
    return one.shared.Add(Of("10.0.0.3")).ok();
  }));
  EXPECT_FALSE(one.Blocks("10.0.0.1"));
}

TEST(SharedBlocksTest, WhatIsNotOursIsNotBelieved) {
  const RedisServer server;
  Copy one(server.address());
  ASSERT_TRUE(one.shared.Add(Of("10.0.0.1")).ok());
  server.Command({"HSET", "warden:{blocks}:entries", "address\n10.0.0.9/32", "whatever"});
  server.Command({"ZADD", "warden:{blocks}:log", "9000000000000000", "address\n10.0.0.9/32"});
  server.Command({"HSET", "warden:{blocks}:meta", "version", "9000000000000001"});
  EXPECT_TRUE(one.Failing());
  EXPECT_FALSE(one.Blocks("10.0.0.9"));
  EXPECT_TRUE(one.Blocks("10.0.0.1"));
}

}  // namespace
}  // namespace warden
