#include "interceptors/revocation/shared_list.h"

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

Revocation ApiKey(const std::string& id) {
  return *NormalRevocation({.key = {RevocationKind::kApiKey, "", id}}, absl::Now());
}

// A server's list, and how it keeps it.
struct Copy {
  explicit Copy(const std::string& address, size_t max_entries = 1000)
      : list(max_entries),
        shared({.redis = {.address = address, .timeout = absl::Milliseconds(300)},
                .max_entries = max_entries,
                .poll_interval = absl::Milliseconds(20)},
               &list) {
    shared.Start();
  }
  bool Revoked(const std::string& id) const {
    return list.Check({.api_key_id = id}, absl::Now()) == RevocationVerdict::kApiKeyRevoked;
  }
  // A whole round with Redis after this moment.
  bool Synced() const {
    const int64_t before = shared.last_sync_ns();
    return Eventually([&] { return shared.last_sync_ns() > before; }) &&
           Eventually(
               [&, second = shared.last_sync_ns()] { return shared.last_sync_ns() > second; });
  }
  bool Failing() const {
    return Eventually([&, before = shared.failures()] { return shared.failures() > before; });
  }

  Revocations list;
  SharedList shared;
};

TEST(SharedListTest, ServersSeeWhatOthersDo) {
  const RedisServer server;
  Copy one(server.address());
  Copy two(server.address());
  ASSERT_TRUE(one.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  EXPECT_TRUE(one.Revoked("a"));  // at once
  EXPECT_TRUE(Eventually([&] { return two.Revoked("a"); }));
  ASSERT_TRUE(two.shared.Lift(ApiKey("a").key, absl::Now()).ok());
  EXPECT_FALSE(two.Revoked("a"));
  EXPECT_TRUE(Eventually([&] { return !one.Revoked("a"); }));
  EXPECT_TRUE(absl::IsNotFound(one.shared.Lift(ApiKey("a").key, absl::Now())));
  // Who comes later has everything before it serves.
  ASSERT_TRUE(one.shared.Revoke(ApiKey("b"), absl::Now()).ok());
  const Copy three(server.address());
  EXPECT_TRUE(three.Revoked("b"));
  EXPECT_FALSE(three.Revoked("a"));
  EXPECT_EQ(one.shared.rollbacks(), 0);
}

TEST(SharedListTest, AnOutageForgetsNothing) {
  RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  Copy one(server.address());
  Copy two(server.address());
  ASSERT_TRUE(one.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  ASSERT_TRUE(Eventually([&] { return two.Revoked("a"); }));
  server.Kill();
  EXPECT_TRUE(two.Failing());
  EXPECT_TRUE(two.Revoked("a"));
  EXPECT_TRUE(absl::IsUnavailable(two.shared.Revoke(ApiKey("b"), absl::Now()).status()));
  EXPECT_FALSE(two.Revoked("b"));
  server.Start();
  EXPECT_TRUE(two.Synced());
  ASSERT_TRUE(two.shared.Revoke(ApiKey("b"), absl::Now()).ok());
  EXPECT_TRUE(Eventually([&] { return one.Revoked("b"); }));
  EXPECT_EQ(two.shared.rollbacks(), 0);
}

TEST(SharedListTest, AFrozenServerIsAnOutage) {
  RedisServer server;
  Copy copy(server.address());
  ASSERT_TRUE(copy.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  server.Freeze();
  EXPECT_TRUE(copy.Failing());
  EXPECT_TRUE(copy.Revoked("a"));
  server.Thaw();
  EXPECT_TRUE(copy.Synced());
  EXPECT_TRUE(copy.Revoked("a"));
}

TEST(SharedListTest, AFlushTakesNothingBack) {
  const RedisServer server;
  Copy copy(server.address());
  ASSERT_TRUE(copy.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  ASSERT_TRUE(copy.Synced());
  server.Command({"FLUSHALL"});
  EXPECT_TRUE(Eventually([&] { return copy.shared.rollbacks() == 1; }));
  EXPECT_TRUE(copy.Synced());
  EXPECT_TRUE(copy.Revoked("a"));
  // The list goes on, as another one.
  Copy other(server.address());
  EXPECT_FALSE(other.Revoked("a"));
  ASSERT_TRUE(other.shared.Revoke(ApiKey("b"), absl::Now()).ok());
  EXPECT_TRUE(Eventually([&] { return copy.Revoked("b"); }));
  EXPECT_TRUE(copy.Revoked("a"));
  // Lifting reaches who still has it.
  ASSERT_TRUE(absl::IsNotFound(other.shared.Lift(ApiKey("a").key, absl::Now())));
  EXPECT_TRUE(Eventually([&] { return !copy.Revoked("a"); }));
}

// A Redis that was restored from a backup: an entry that was lifted, then revoked again, is in it
// as lifted.
TEST(SharedListTest, AnOldListTakesNothingBack) {
  const RedisServer server;
  Copy copy(server.address());
  ASSERT_TRUE(copy.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  ASSERT_TRUE(copy.shared.Lift(ApiKey("a").key, absl::Now()).ok());
  const std::string state = server.Command({"HGET", "warden:{revocations}:meta", "version"});
  const std::string old = state.substr(state.find("\r\n") + 2, 16);
  ASSERT_TRUE(copy.shared.Revoke(ApiKey("a"), absl::Now()).ok());
  ASSERT_TRUE(copy.Synced());
  const std::string field = EncodeKey(ApiKey("a").key);
  server.Command({"EVAL",
                  "redis.call('HSET', KEYS[1], ARGV[1], 'lifted') "
                  "redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1]) "
                  "redis.call('HSET', KEYS[3], 'version', ARGV[2])",
                  "3", "warden:{revocations}:entries", "warden:{revocations}:log",
                  "warden:{revocations}:meta", field, old});
  EXPECT_TRUE(Eventually([&] { return copy.shared.rollbacks() == 1; }));
  EXPECT_TRUE(copy.Synced());
  EXPECT_TRUE(copy.Revoked("a"));
  ASSERT_TRUE(copy.shared.Lift(ApiKey("a").key, absl::Now()).ok());
  EXPECT_FALSE(copy.Revoked("a"));
}

TEST(SharedListTest, TooLongAListIsAFailure) {
  const RedisServer server;
  Copy large(server.address());
  Copy small(server.address(), 2);
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(large.shared.Revoke(ApiKey(id), absl::Now()).ok());
  }
  EXPECT_TRUE(small.Failing());
  EXPECT_TRUE(absl::IsResourceExhausted(small.shared.Revoke(ApiKey("d"), absl::Now()).status()));
}

TEST(SharedListTest, StartsWithoutAServer) {
  Copy copy(absl::StrCat("127.0.0.1:", testing::FreePort()));
  EXPECT_EQ(copy.shared.last_sync_ns(), std::numeric_limits<int64_t>::min());
  EXPECT_GE(copy.shared.failures(), 1);
}

}  // namespace
}  // namespace warden
