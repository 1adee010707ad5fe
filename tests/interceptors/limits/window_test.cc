#include "interceptors/limits/window.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace warden {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kSecond = 1'000'000'000;

LimitSpec Fixed(uint32_t requests, absl::Duration per) {
  return {.requests = requests,
          .per = per,
          .burst = requests,
          .algorithm = LimitSpec::Algorithm::kFixedWindow};
}

LimitSpec Sliding(uint32_t requests, absl::Duration per) {
  return {.requests = requests,
          .per = per,
          .burst = requests,
          .algorithm = LimitSpec::Algorithm::kSlidingWindow};
}

GcraDecision Take(const LimitSpec& spec, int64_t now, WindowCounts* counts, uint32_t cost = 1) {
  return WindowTake(spec, now, 0, counts, cost, TakeMode::kTake);
}

TEST(WindowTest, AFixedWindowBeginsAtMultiplesOfItsLength) {
  const LimitSpec spec = Fixed(2, absl::Seconds(1));
  WindowCounts counts;
  EXPECT_EQ(Take(spec, 5 * kSecond + 900'000'000, &counts).remaining, 1u);
  EXPECT_EQ(Take(spec, 5 * kSecond + 900'000'000, &counts).remaining, 0u);
  const GcraDecision refused = Take(spec, 5 * kSecond + 999'999'999, &counts);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.wait_ns, 1);
  EXPECT_EQ(refused.reset_ns, 1);
  EXPECT_TRUE(Take(spec, 6 * kSecond, &counts).allowed);
  EXPECT_TRUE(Take(spec, 6 * kSecond, &counts).allowed);
  EXPECT_FALSE(Take(spec, 6 * kSecond, &counts).allowed);
  EXPECT_TRUE(Take(spec, 600 * kSecond, &counts).allowed) << "after a long pause";
}

TEST(WindowTest, TheEpochMovesWhereWindowsBegin) {
  const LimitSpec spec = Fixed(1, absl::Seconds(60));
  WindowCounts counts;
  // 10 s before a full minute of the wall clock.
  const int64_t epoch = 1'700'000'030 * kSecond;
  ASSERT_EQ((epoch / kSecond) % 60, 50);
  EXPECT_TRUE(WindowTake(spec, 0, epoch, &counts, 1, TakeMode::kTake).allowed);
  EXPECT_EQ(WindowTake(spec, kSecond, epoch, &counts, 1, TakeMode::kTake).wait_ns, 9 * kSecond);
  EXPECT_TRUE(WindowTake(spec, 10 * kSecond, epoch, &counts, 1, TakeMode::kTake).allowed);
}

TEST(WindowTest, ASlidingWindowWeighsTheOneBefore) {
  const LimitSpec spec = Sliding(10, absl::Seconds(1));
  WindowCounts counts;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Take(spec, 0, &counts).allowed);
  GcraDecision refused = Take(spec, 0, &counts);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.wait_ns, kSecond + kSecond / 10);
  EXPECT_FALSE(Take(spec, kSecond, &counts).allowed) << "all ten still count";
  EXPECT_FALSE(Take(spec, kSecond + kSecond / 10 - 1, &counts).allowed);
  EXPECT_TRUE(Take(spec, kSecond + kSecond / 10, &counts).allowed);
  EXPECT_FALSE(Take(spec, kSecond + kSecond / 10, &counts).allowed);
  // Half of the window later five of the ten still count, and the one since.
  EXPECT_EQ(Take(spec, kSecond + kSecond / 2, &counts).remaining, 3u);
  EXPECT_EQ(Take(spec, 3 * kSecond, &counts).remaining, 9u) << "two windows later nothing counts";
}

TEST(WindowTest, CostsMoreThanOne) {
  for (const LimitSpec& spec : {Fixed(10, absl::Seconds(1)), Sliding(10, absl::Seconds(1))}) {
    WindowCounts counts;
    EXPECT_EQ(Take(spec, 0, &counts, 4).remaining, 6u);
    EXPECT_FALSE(Take(spec, 0, &counts, 7).allowed);
    EXPECT_EQ(Take(spec, 0, &counts, 6).remaining, 0u);
    EXPECT_EQ(Take(spec, 0, &counts, 11).wait_ns, kNever);
  }
}

TEST(WindowTest, APeekChargesNothingAndAChargeAlways) {
  for (const LimitSpec& spec : {Fixed(3, absl::Seconds(1)), Sliding(3, absl::Seconds(1))}) {
    WindowCounts counts;
    EXPECT_TRUE(WindowTake(spec, 0, 0, &counts, 3, TakeMode::kPeek).allowed);
    EXPECT_EQ(WindowTake(spec, 0, 0, &counts, 3, TakeMode::kPeek).remaining, 3u);
    for (int i = 0; i < 100; ++i) WindowTake(spec, 0, 0, &counts, 1, TakeMode::kCharge);
    EXPECT_EQ(counts.current, 6u) << "twice the limit is the most that is remembered";
    EXPECT_FALSE(WindowTake(spec, 0, 0, &counts, 1, TakeMode::kPeek).allowed);
  }
}

TEST(WindowTest, ARefundUndoesATake) {
  for (const LimitSpec& spec : {Fixed(3, absl::Seconds(1)), Sliding(3, absl::Seconds(1))}) {
    WindowCounts counts;
    Take(spec, 0, &counts, 3);
    WindowRefund(spec, 10, 0, 2, &counts);
    EXPECT_EQ(Take(spec, 10, &counts).remaining, 1u);
    // In the next window, what was taken in the last one.
    WindowRefund(spec, kSecond, 0, 2, &counts);
    EXPECT_TRUE(Take(spec, kSecond, &counts, 3).allowed);
  }
}

// Every admission remembered with its time: shares nothing with the code under test.
class IdealWindows {
 public:
  IdealWindows(const LimitSpec& spec, bool slides)
      : requests_(spec.requests), per_(absl::ToInt64Nanoseconds(spec.per)), slides_(slides) {}

  bool Take(int64_t now, uint32_t cost) {
    const int64_t window = now / per_;
    Wide used = static_cast<Wide>(counts_[window]) * per_;
    if (slides_) used += static_cast<Wide>(counts_[window - 1]) * (per_ - now % per_);
    if (used + static_cast<Wide>(cost) * per_ > static_cast<Wide>(requests_) * per_) return false;
    counts_[window] += cost;
    return true;
  }

 private:
  const int64_t requests_, per_;
  const bool slides_;
  std::map<int64_t, int64_t> counts_;
};

TEST(WindowTest, AgreesWithIdealWindowsAndItsWaitsAreExact) {
  std::mt19937_64 random(20240229);
  for (int round = 0; round < 400; ++round) {
    const bool slides = round % 2 == 0;
    const auto requests = static_cast<uint32_t>(1 + random() % 30);
    const auto per = static_cast<int64_t>(1'000'000 + random() % 3'000'000'000);
    const LimitSpec spec = slides ? Sliding(requests, absl::Nanoseconds(per))
                                  : Fixed(requests, absl::Nanoseconds(per));
    IdealWindows ideal(spec, slides);
    WindowCounts counts;
    auto now = static_cast<int64_t>(random() % 1'000'000'000'000);
    for (int i = 0; i < 300; ++i) {
      const auto cost = static_cast<uint32_t>(1 + random() % (requests / 3 + 1));
      const WindowCounts before = counts;
      const GcraDecision got = Take(spec, now, &counts, cost);
      ASSERT_EQ(got.allowed, ideal.Take(now, cost)) << round << " " << i;
      if (!got.allowed) {
        ASSERT_GT(got.wait_ns, 0);
        WindowCounts copy = before;
        ASSERT_FALSE(Take(spec, now + got.wait_ns - 1, &copy, cost).allowed);
        copy = before;
        ASSERT_TRUE(Take(spec, now + got.wait_ns, &copy, cost).allowed);
      }
      now += static_cast<int64_t>(random() % (2 * static_cast<uint64_t>(per) / requests + 2));
    }
  }
}

TEST(WindowTest, ExtremesDoNotOverflow) {
  for (const LimitSpec& spec :
       {Fixed(4294967295, kMinPer), Sliding(4294967295, kMinPer), Fixed(4294967295, kMaxPer),
        Sliding(4294967295, kMaxPer), Sliding(1, kMaxPer)}) {
    ASSERT_TRUE(IsValid(spec));
    for (int64_t now : {int64_t{0}, int64_t{1} << 61}) {
      WindowCounts counts = {now, 0, 0};
      EXPECT_EQ(Take(spec, now, &counts).remaining, spec.requests - 1);
      EXPECT_GT(counts.idle_ns, now);
      WindowTake(spec, now, 0, &counts, 4294967295, TakeMode::kCharge);
      EXPECT_FALSE(Take(spec, now, &counts).allowed);
    }
  }
}

}  // namespace
}  // namespace warden
