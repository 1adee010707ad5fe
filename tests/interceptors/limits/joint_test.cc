// Several limits at one instant: all of them must hold, and nothing is charged where one does not.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/rate_limiter.h"

namespace warden {
namespace {

LimitSpec Spec(uint32_t requests, absl::Duration per,
               LimitSpec::Algorithm algorithm = LimitSpec::Algorithm::kTokenBucket) {
  return {.requests = requests, .per = per, .burst = requests, .algorithm = algorithm};
}

class Joint {
 public:
  explicit Joint(size_t max_keys) : limiter(max_keys) {}
  bool Take(const LimitSpec& a, const LimitSpec& b, const std::string& key_a,
            const std::string& key_b, int64_t now, TakeMode mode_b = TakeMode::kTake) {
    const std::array<RateLimiter::Ask, 2> asks = {
        {{&a, limiter.PlaceOf(0, key_a), 1}, {&b, limiter.PlaceOf(1, key_b), 1, mode_b}}};
    return limiter.JudgeAll(asks, now, decisions);
  }
  RateLimiter limiter;
  std::array<RateLimiter::Decision, 2> decisions;
};

TEST(JointTest, NothingIsChargedWhereOneRefuses) {
  for (const auto algorithm :
       {LimitSpec::Algorithm::kTokenBucket, LimitSpec::Algorithm::kSlidingWindow,
        LimitSpec::Algorithm::kFixedWindow}) {
    Joint joint(100);
    const LimitSpec wide = Spec(5, absl::Hours(1), algorithm);
    const LimitSpec narrow = Spec(2, absl::Hours(1), algorithm);
    EXPECT_TRUE(joint.Take(wide, narrow, "all", "alice", 0));
    EXPECT_TRUE(joint.Take(wide, narrow, "all", "alice", 0));
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(joint.Take(wide, narrow, "all", "alice", 0));
      EXPECT_TRUE(joint.decisions[0].allowed);
      EXPECT_EQ(joint.decisions[0].remaining, 3u) << "not charged";
      EXPECT_FALSE(joint.decisions[1].allowed);
    }
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(joint.Take(wide, narrow, "all", "bob", 0));
    EXPECT_TRUE(joint.Take(wide, narrow, "all", "carol", 0));
    EXPECT_FALSE(joint.Take(wide, narrow, "all", "carol", 0));
    EXPECT_FALSE(joint.decisions[0].allowed);
    EXPECT_TRUE(joint.decisions[1].allowed);
    EXPECT_EQ(joint.decisions[1].remaining, 1u);
  }
}

TEST(JointTest, WhatIsOnlyLookedAtIsNotCharged) {
  Joint joint(100);
  const LimitSpec spec = Spec(3, absl::Hours(1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(joint.Take(spec, spec, "a", "b", 0, TakeMode::kPeek));
    EXPECT_EQ(joint.decisions[1].remaining, 3u);
  }
  EXPECT_FALSE(joint.Take(spec, spec, "a", "b", 0, TakeMode::kPeek));
}

// The second key of a call must not take the place that the first has just been given.
TEST(JointTest, KeysOfOneCallDoNotPushEachOtherOut) {
  const LimitSpec spec = Spec(1, absl::Seconds(1));
  Joint joint(1);  // one shard, with one or two bins
  for (int round = 0; round < 1000; ++round) {
    const int64_t now = round * int64_t{10'000'000'000};  // all buckets are idle by then
    const std::string a = absl::StrCat("a", round), b = absl::StrCat("b", round);
    ASSERT_TRUE(joint.Take(spec, spec, a, b, now)) << round;
    ASSERT_FALSE(joint.Take(spec, spec, a, "other", now)) << round;
    ASSERT_FALSE(joint.Take(spec, spec, "other", b, now)) << round;
  }
}

TEST(JointTest, InvalidSpecsAndTooManyDeny) {
  Joint joint(10);
  EXPECT_FALSE(joint.Take(Spec(1, absl::Seconds(1)), Spec(0, absl::Seconds(1)), "a", "b", 0));
  EXPECT_EQ(joint.limiter.tracked_keys(), 0u);
  const LimitSpec spec = Spec(1, absl::Seconds(1));
  std::vector<RateLimiter::Ask> asks;
  for (uint32_t i = 0; i <= RateLimiter::kMaxAsks; ++i) {
    asks.push_back({&spec, joint.limiter.PlaceOf(i, "k")});
  }
  std::vector<RateLimiter::Decision> decisions(asks.size());
  EXPECT_FALSE(joint.limiter.JudgeAll(asks, 0, decisions));
  asks.pop_back();
  decisions.pop_back();
  EXPECT_TRUE(joint.limiter.JudgeAll(asks, 0, decisions));
}

// Full tables: the shared buckets take part, and the sums still hold.
TEST(JointTest, TheSharedBucketsAreChargedLikewise) {
  Joint joint(1);
  const LimitSpec fill = Spec(1, absl::Hours(1));
  for (int i = 0; i < 100; ++i) joint.limiter.Take(9, fill, absl::StrCat(i), 0);
  const LimitSpec wide = Spec(5, absl::Hours(1));
  const LimitSpec narrow = Spec(2, absl::Hours(1));
  EXPECT_TRUE(joint.Take(wide, narrow, "a", "b", 0));
  EXPECT_TRUE(joint.decisions[0].shared);
  EXPECT_TRUE(joint.Take(wide, narrow, "c", "d", 0));
  EXPECT_FALSE(joint.Take(wide, narrow, "e", "f", 0));
  EXPECT_EQ(joint.decisions[0].remaining, 3u);
}

TEST(JointTest, ThreadsThatLockInAnyOrderAdmitExactlyTheIdealNumber) {
  Joint joint(200'000);  // many shards
  constexpr uint32_t kEach = 1000;
  const LimitSpec spec = Spec(kEach, absl::Hours(1));
  std::atomic<uint64_t> allowed{0};
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 4000; ++i) {
        // Both orders of the same two buckets, and others between them.
        const uint32_t x = (i + t) % 2, y = 1 - x;
        const std::string key_x = absl::StrCat("k", x), key_y = absl::StrCat("k", y);
        const std::array<RateLimiter::Ask, 2> asks = {
            {{&spec, joint.limiter.PlaceOf(x, key_x)}, {&spec, joint.limiter.PlaceOf(y, key_y)}}};
        std::array<RateLimiter::Decision, 2> decisions;
        if (joint.limiter.JudgeAll(asks, 0, decisions)) ++allowed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, kEach);
}

TEST(RefundTest, GivesBackExactlyWhatWasTaken) {
  RateLimiter limiter(10);
  const LimitSpec spec = {.requests = 7, .per = absl::Seconds(1), .burst = 20};
  for (int round = 0; round < 100; ++round) {
    const RateLimiter::Ask ask = {&spec, limiter.PlaceOf(0, "k"), 5};
    const RateLimiter::Decision taken = limiter.Judge(ask, 0);
    ASSERT_TRUE(taken.allowed);
    limiter.Refund(ask, taken, 0);
  }
  EXPECT_EQ(limiter.Peek(0, spec, "k", 0).remaining, 20u);
  EXPECT_EQ(limiter.Take(0, spec, "k", 0, 20).remaining, 0u);
}

TEST(ChargeTest, WhatIsOwedIsRegainedFirst) {
  RateLimiter limiter(10);
  const LimitSpec spec = {.requests = 1, .per = absl::Seconds(1), .burst = 3};
  EXPECT_TRUE(limiter.Peek(0, spec, "k", 0).allowed);
  EXPECT_EQ(limiter.tracked_keys(), 0u) << "a look makes no bucket";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.Charge(0, spec, "k", 0).allowed);
  EXPECT_FALSE(limiter.Peek(0, spec, "k", 0).allowed);
  EXPECT_FALSE(limiter.Charge(0, spec, "k", 0).allowed);
  EXPECT_EQ(limiter.Peek(0, spec, "k", 0).retry_after, absl::Seconds(2));
  for (int i = 0; i < 100; ++i) limiter.Charge(0, spec, "k", 0);
  EXPECT_EQ(limiter.Peek(0, spec, "k", 0).retry_after, absl::Seconds(4)) << "a burst at most";
}

TEST(CostTest, ATokenBucketTakesSeveralAtOnce) {
  RateLimiter limiter(10);
  const LimitSpec spec = {.requests = 7, .per = absl::Seconds(1), .burst = 10};
  EXPECT_EQ(limiter.Take(0, spec, "k", 0, 4).remaining, 6u);
  EXPECT_EQ(limiter.Take(0, spec, "k", 0, 6).remaining, 0u);
  const RateLimiter::Decision refused = limiter.Take(0, spec, "k", 0, 7);
  EXPECT_EQ(refused.retry_after, absl::Seconds(1));
  EXPECT_EQ(limiter.Take(0, spec, "k", 0, 11).retry_after, absl::InfiniteDuration());
  EXPECT_FALSE(limiter.Take(0, spec, "k", 999'999'999, 7).allowed);
  EXPECT_TRUE(limiter.Take(0, spec, "k", 1'000'000'000, 7).allowed);
}

}  // namespace
}  // namespace warden
