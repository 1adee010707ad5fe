#include "interceptors/signing/replay_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr absl::Duration kSkew = absl::Seconds(60);
const absl::Time kStart = absl::FromUnixSeconds(1'764'000'000);

// A wall clock and a steady one that go together, unless the first is set.
class ReplayCacheTest : public ::testing::Test {
 protected:
  ReplayVerdict Use(ReplayCache& cache, const std::string& nonce, absl::Time created) {
    return cache.Use("key", nonce, created, wall_, steady_ns_);
  }
  void Pass(absl::Duration time) {
    wall_ += time;
    steady_ns_ += absl::ToInt64Nanoseconds(time);
  }

  absl::Time wall_ = kStart;
  int64_t steady_ns_ = 5;
};

TEST_F(ReplayCacheTest, ANonceCountsOnceAsLongAsItsSignatureCan) {
  ReplayCache cache(1000, kSkew, kStart - absl::Hours(1));
  // Made in the future as far as may be: acceptable for two minutes.
  const absl::Time created = kStart + kSkew;
  EXPECT_EQ(Use(cache, "n", created), ReplayVerdict::kFresh);
  for (int second = 0; second <= 120; ++second) {
    EXPECT_EQ(Use(cache, "n", created), ReplayVerdict::kReplayed) << second;
    Use(cache, absl::StrCat("other", second), wall_);
    Pass(absl::Seconds(1));
  }
}

TEST_F(ReplayCacheTest, OfEachKeyItsOwn) {
  ReplayCache cache(1000, kSkew, kStart);
  EXPECT_EQ(cache.Use("a", "n", kStart, wall_, steady_ns_), ReplayVerdict::kFresh);
  EXPECT_EQ(cache.Use("b", "n", kStart, wall_, steady_ns_), ReplayVerdict::kFresh);
  EXPECT_EQ(cache.Use("a", "n", kStart, wall_, steady_ns_), ReplayVerdict::kReplayed);
}

TEST_F(ReplayCacheTest, WhatIsForgottenIsTooOldWhateverTheClockSays) {
  ReplayCache cache(1000, kSkew, kStart - absl::Hours(1));
  EXPECT_EQ(Use(cache, "n", kStart), ReplayVerdict::kFresh);
  for (int i = 0; i < 6; ++i) {
    Pass(kSkew);
    Use(cache, absl::StrCat("other", i), wall_);
  }
  wall_ = kStart;  // set back
  EXPECT_EQ(Use(cache, "n", kStart), ReplayVerdict::kTooOld);
  // Nobody came for long.
  ReplayCache idle(1000, kSkew, kStart - absl::Hours(1));
  EXPECT_EQ(Use(idle, "n", kStart), ReplayVerdict::kFresh);
  Pass(absl::Hours(1));
  EXPECT_EQ(Use(idle, "other", wall_), ReplayVerdict::kFresh);
  wall_ = kStart;
  EXPECT_EQ(Use(idle, "n", kStart), ReplayVerdict::kTooOld);
}

TEST_F(ReplayCacheTest, NothingOfTheTimeBeforeItsStart) {
  ReplayCache cache(1000, kSkew, kStart);
  EXPECT_EQ(Use(cache, "n", kStart - absl::Milliseconds(1)), ReplayVerdict::kTooOld);
  EXPECT_EQ(Use(cache, "n", kStart), ReplayVerdict::kFresh);
}

TEST_F(ReplayCacheTest, IsBoundedAndForgetsNothingForIt) {
  ReplayCache cache(100, kSkew, kStart);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Use(cache, absl::StrCat(i), wall_), ReplayVerdict::kFresh);
  }
  for (int i = 100; i < 10'000; ++i) {
    EXPECT_EQ(Use(cache, absl::StrCat(i), wall_), ReplayVerdict::kFull);
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Use(cache, absl::StrCat(i), wall_), ReplayVerdict::kReplayed);
  }
  Pass(2 * kSkew + absl::Seconds(1));
  EXPECT_EQ(Use(cache, "new", wall_), ReplayVerdict::kFresh);
  EXPECT_LE(cache.entries(), 200u);
}

TEST_F(ReplayCacheTest, OfManyThreadsOneWins) {
  ReplayCache cache(100'000, kSkew, kStart);
  std::atomic<int> fresh{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        fresh += cache.Use("key", absl::StrCat(i), kStart, kStart, 5) == ReplayVerdict::kFresh;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 5000);
}

}  // namespace
}  // namespace warden
