// That no call is gained or lost when many threads take from the same bucket.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

LimitSpec Spec(uint32_t requests, absl::Duration per, uint32_t burst) {
  return {.requests = requests, .per = per, .burst = burst};
}

// Runs `body(thread)` in `threads` threads and adds up what they return.
template <typename Body>
uint64_t SumOver(int threads, Body body) {
  std::atomic<uint64_t> sum{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) running.emplace_back([&, t] { sum += body(t); });
  for (std::thread& thread : running) thread.join();
  return sum;
}

class Threads : public ::testing::TestWithParam<int> {};

// A clock that moves with each reading: many calls are in flight with times that are out of order
// by then.
TEST_P(Threads, AdmitExactlyTheIdealNumberUnderAVirtualClock) {
  constexpr int64_t kStep = 997;  // ns between calls; a token comes each 142,857 1/7 ns
  constexpr int kCalls = 200'000;
  const LimitSpec spec = Spec(7, absl::Milliseconds(1), 50);
  RateLimiter limiter(100);
  std::atomic<int64_t> clock{1};
  ASSERT_TRUE(limiter.Take(3, spec, "shared", 0).allowed);  // the bucket is full at 0
  uint64_t allowed = 1 + SumOver(GetParam(), [&](int) {
                       uint64_t count = 0;
                       for (int i = 0; i < kCalls; ++i) {
                         const int64_t now = clock.fetch_add(kStep, std::memory_order_relaxed);
                         if (limiter.Take(3, spec, "shared", now).allowed) ++count;
                       }
                       return count;
                     });
  const int64_t end = clock.load();
  while (limiter.Take(3, spec, "shared", end).allowed) ++allowed;
  EXPECT_EQ(allowed, 50u + static_cast<uint64_t>(end) * 7 / 1'000'000);
}

TEST_P(Threads, AdmitExactlyTheIdealNumberUnderTheRealClock) {
  // 10,000 tokens a second; it takes the bucket 20 s to fill, so it never does within the test.
  const LimitSpec spec = Spec(10, absl::Milliseconds(1), 200'000);
  RateLimiter limiter(100);
  const int64_t start = SteadyNanos();
  uint64_t allowed = 0;
  while (limiter.Take(0, spec, "shared", start).allowed) ++allowed;
  ASSERT_EQ(allowed, 200'000u);
  allowed += SumOver(GetParam(), [&](int) {
    uint64_t count = 0;
    int64_t now = start;
    while (now < start + 150'000'000) {
      now = SteadyNanos();
      if (limiter.Take(0, spec, "shared", now).allowed) ++count;
    }
    return count;
  });
  const int64_t end = SteadyNanos();
  ASSERT_LT(end - start, 20'000'000'000) << "the machine stood still; the bucket may have run over";
  while (limiter.Take(0, spec, "shared", end).allowed) ++allowed;
  EXPECT_EQ(allowed, 200'000u + static_cast<uint64_t>(end - start) / 100'000);
}

// Keys that come and go while the table is full: every key still gets its own burst at most.
TEST_P(Threads, NeverAdmitTooMuchWhileTheTableIsFull) {
  const LimitSpec spec = Spec(1, absl::Hours(1), 2);
  RateLimiter limiter(64);
  const uint64_t allowed = SumOver(GetParam(), [&](int t) {
    uint64_t count = 0;
    for (int i = 0; i < 50'000; ++i) {
      const std::string key = absl::StrCat((i * 7 + t) % 5000);
      if (limiter.Take(0, spec, key, i).allowed) ++count;
    }
    return count;
  });
  EXPECT_LE(allowed, 2 * limiter.capacity() + 2);
  EXPECT_GE(allowed, 2 * limiter.tracked_keys());
  EXPECT_LE(limiter.tracked_keys(), limiter.capacity());
}

INSTANTIATE_TEST_SUITE_P(RateLimiterTest, Threads, ::testing::Values(2, 3, 4));

}  // namespace
}  // namespace warden
