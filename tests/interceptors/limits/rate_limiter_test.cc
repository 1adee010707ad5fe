#include "interceptors/limits/rate_limiter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

LimitSpec Spec(uint32_t requests, absl::Duration per, uint32_t burst) {
  return {.requests = requests, .per = per, .burst = burst};
}

TEST(RateLimiterTest, KeysAndMethodsHaveBucketsOfTheirOwn) {
  RateLimiter limiter(1000);
  const LimitSpec spec = Spec(1, absl::Seconds(1), 1);
  EXPECT_TRUE(limiter.Take(1, spec, "alice", 0).allowed);
  EXPECT_FALSE(limiter.Take(1, spec, "alice", 0).allowed);
  EXPECT_TRUE(limiter.Take(1, spec, "bob", 0).allowed);
  EXPECT_TRUE(limiter.Take(2, spec, "alice", 0).allowed);
  EXPECT_TRUE(limiter.Take(1, spec, "", 0).allowed);
  EXPECT_TRUE(limiter.Take(1, spec, std::string("alice\0", 6), 0).allowed);
  EXPECT_EQ(limiter.tracked_keys(), 5u);
}

TEST(RateLimiterTest, RefillsAtTheBoundary) {
  RateLimiter limiter(10);
  const LimitSpec spec = Spec(4, absl::Seconds(1), 2);
  EXPECT_EQ(limiter.Take(0, spec, "k", kSecond).remaining, 1u);
  EXPECT_EQ(limiter.Take(0, spec, "k", kSecond).remaining, 0u);
  const auto refused = limiter.Take(0, spec, "k", kSecond);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, absl::Milliseconds(250));
  EXPECT_FALSE(limiter.Take(0, spec, "k", kSecond + 249'999'999).allowed);
  const auto allowed = limiter.Take(0, spec, "k", kSecond + 250'000'000);
  EXPECT_TRUE(allowed.allowed);
  EXPECT_EQ(allowed.retry_after, absl::ZeroDuration());
}

TEST(RateLimiterTest, ARetryAfterTheWaitSucceedsAndNotEarlier) {
  RateLimiter limiter(10);
  const LimitSpec spec = Spec(7, absl::Seconds(1), 3);  // 142,857,142 6/7 ns apart
  int64_t now = 12345;
  for (int i = 0; i < 100; ++i) {
    RateLimiter::Decision decision = limiter.Take(0, spec, "k", now);
    if (decision.allowed) continue;
    const int64_t wait = absl::ToInt64Nanoseconds(decision.retry_after);
    ASSERT_GT(wait, 0);
    EXPECT_FALSE(limiter.Take(0, spec, "k", now + wait - 1).allowed);
    now += wait;
    EXPECT_TRUE(limiter.Take(0, spec, "k", now).allowed);
  }
  EXPECT_GT(now, 12345);
}

// A thread read the clock, was preempted, and arrives after another: it is judged at the real time.
TEST(RateLimiterTest, ALateArrivalIsJudgedAtTheLatestTime) {
  RateLimiter limiter(10);
  const LimitSpec spec = Spec(1, absl::Nanoseconds(1'000'000), 2);
  EXPECT_TRUE(limiter.Take(0, spec, "k", 0).allowed);
  EXPECT_TRUE(limiter.Take(0, spec, "k", 0).allowed);
  EXPECT_TRUE(limiter.Take(0, spec, "k", 2'000'000).allowed);  // two tokens were back; one is left
  EXPECT_TRUE(limiter.Take(0, spec, "k", 500'000).allowed)
      << "must not be refused for its old time";
  const auto refused = limiter.Take(0, spec, "k", 500'000);
  EXPECT_FALSE(refused.allowed) << "must not be judged with its old time's tokens";
  EXPECT_EQ(refused.retry_after, absl::Nanoseconds(3'000'000 - 500'000));
  EXPECT_TRUE(limiter.Take(0, spec, "k", 3'000'000).allowed);
}

TEST(RateLimiterTest, InvalidSpecsDeny) {
  RateLimiter limiter(10);
  for (const LimitSpec& spec : {Spec(0, absl::Seconds(1), 1), Spec(1, absl::Seconds(1), 0),
                                Spec(1, absl::ZeroDuration(), 1), Spec(1, absl::Seconds(-1), 1),
                                Spec(1, kMaxPer, 4294967295)}) {
    const auto decision = limiter.Take(0, spec, "k", 0);
    EXPECT_FALSE(decision.allowed);
    EXPECT_EQ(decision.retry_after, absl::InfiniteDuration());
  }
  EXPECT_EQ(limiter.tracked_keys(), 0u);
}

TEST(RateLimiterTest, HasRoomForAsManyKeysAsAsked) {
  for (size_t max_keys : {size_t{1}, size_t{100}, size_t{5000}, size_t{200'000}}) {
    RateLimiter limiter(max_keys);
    const LimitSpec spec = Spec(1, absl::Hours(1), 1);
    size_t shared = 0;
    for (size_t i = 0; i < max_keys; ++i) {
      if (limiter.Take(0, spec, absl::StrCat("key ", i), 0).shared) ++shared;
    }
    // At the very edge a few may find both of their bins full.
    EXPECT_LE(shared, max_keys / 100) << max_keys;
    EXPECT_EQ(limiter.tracked_keys(), max_keys - shared);
    EXPECT_LE(limiter.capacity(),
              static_cast<size_t>(static_cast<double>(max_keys) * 1.25) + 64 * 8);
  }
}

TEST(RateLimiterTest, AKeyTakesAtMostThirtyTwoBytes) {
  constexpr size_t kKeys = 1 << 20;
  EXPECT_LE(RateLimiter(kKeys).bytes(), kKeys * 32);
}

TEST(RateLimiterTest, IdleBucketsGiveWay) {
  RateLimiter limiter(100);
  const LimitSpec spec = Spec(1, absl::Seconds(1), 1);
  int64_t now = 0;
  for (int i = 0; i < 100'000; ++i) {
    now += kSecond / 10;  // about ten buckets are not full at any time
    const auto decision = limiter.Take(0, spec, absl::StrCat("key ", i), now);
    ASSERT_TRUE(decision.allowed);
    ASSERT_FALSE(decision.shared);
  }
  EXPECT_LE(limiter.tracked_keys(), limiter.capacity());
  EXPECT_EQ(limiter.evictions() + limiter.tracked_keys(), 100'000u);
}

// The attack on a bounded table: push a limited key out with a flood of others, then come back to a
// new bucket.
TEST(RateLimiterTest, AFloodOfKeysWinsNobodyAFreshBucket) {
  RateLimiter limiter(1000);
  const LimitSpec spec = Spec(10, absl::Hours(1), 10);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.Take(0, spec, "attacker", 0).allowed);
  EXPECT_FALSE(limiter.Take(0, spec, "attacker", 0).allowed);
  uint64_t allowed = 0;
  constexpr int kKeys = 10'000'000;
  const size_t bytes = limiter.bytes();
  int64_t now = 0;
  for (int i = 0; i < kKeys; ++i) {
    now += 100;  // ten million calls in a second
    const std::string_view key(reinterpret_cast<const char*>(&i), sizeof(i));
    allowed += limiter.Take(0, spec, key, now).allowed ? 1u : 0u;
    if (i % 10'000 != 0) continue;
    ASSERT_FALSE(limiter.Take(0, spec, "attacker", now).allowed) << i;
  }
  // Each tracked key had its first token, all others together one bucket of ten.
  EXPECT_LE(allowed, limiter.capacity() + 10);
  EXPECT_LE(limiter.tracked_keys(), limiter.capacity());
  EXPECT_EQ(limiter.evictions(), 0u);
  EXPECT_GT(limiter.shared_decisions(), kKeys * 9u / 10);
  EXPECT_EQ(limiter.bytes(), bytes);
}

// Once the flood's buckets are full again they give way, and a new caller is served on its own.
TEST(RateLimiterTest, RecoversFromAFlood) {
  RateLimiter limiter(100);
  const LimitSpec spec = Spec(10, absl::Seconds(1), 10);
  for (int i = 0; i < 10'000; ++i) limiter.Take(0, spec, absl::StrCat("flood ", i), 0);
  EXPECT_TRUE(limiter.Take(0, spec, "honest", 1).shared);
  // One token takes 100 ms to regain.
  for (int i = 0; i < 10; ++i) {
    const auto decision = limiter.Take(0, spec, "honest", kSecond / 10);
    EXPECT_TRUE(decision.allowed);
    EXPECT_FALSE(decision.shared);
  }
  EXPECT_FALSE(limiter.Take(0, spec, "honest", kSecond / 10).allowed);
}

TEST(RateLimiterTest, TheSharedBucketIsPerMethodAndLimited) {
  RateLimiter limiter(1);
  const LimitSpec spec = Spec(2, absl::Hours(1), 2);
  for (int i = 0; i < 1000; ++i) limiter.Take(0, spec, absl::StrCat("fill ", i), 0);
  EXPECT_FALSE(limiter.Take(0, spec, "new", 0).allowed);
  EXPECT_TRUE(limiter.Take(7, spec, "new", 0).allowed);
  EXPECT_TRUE(limiter.Take(7, spec, "newer", 0).allowed);
  const auto refused = limiter.Take(7, spec, "newest", 0);
  EXPECT_FALSE(refused.allowed);
  EXPECT_TRUE(refused.shared);
  EXPECT_EQ(refused.retry_after, absl::Minutes(30));
}

}  // namespace
}  // namespace warden
