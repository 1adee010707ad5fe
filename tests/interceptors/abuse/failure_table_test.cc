#include "interceptors/abuse/failure_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 1000 * kSecond;
constexpr int64_t kWindow = 600 * kSecond;

TEST(FailureTableTest, HalfIsForgottenInAHalfLife) {
  FailureTable table({.half_life_ns = kWindow});
  EXPECT_EQ(table.Find(0, "a", kStart).failures, 0);
  for (int i = 0; i < 8; ++i) table.Fail(0, "a", 1, kStart);
  EXPECT_EQ(table.Find(0, "a", kStart).failures, 8);
  EXPECT_NEAR(table.Find(0, "a", kStart + kWindow).failures, 4, 1e-5);
  EXPECT_NEAR(table.Find(0, "a", kStart + 3 * kWindow).failures, 1, 1e-5);
  EXPECT_NEAR(table.Fail(0, "a", 1, kStart + 3 * kWindow).failures, 2, 1e-5);
  EXPECT_EQ(table.Find(1, "a", kStart).failures, 0);  // another kind
  EXPECT_EQ(table.tracked(), 1);
  table.Forget(0, "a");
  EXPECT_EQ(table.Find(0, "a", kStart).failures, 0);
  EXPECT_EQ(table.tracked(), 0);
}

TEST(FailureTableTest, TimeThatGoesBackLosesNothing) {
  FailureTable table({.half_life_ns = kWindow});
  table.Fail(0, "a", 1, kStart);
  const FailureScore score = table.Fail(0, "a", 1, kStart - kSecond);
  EXPECT_EQ(score.failures, 2);
  EXPECT_EQ(score.last_failure_ns, kStart);
}

TEST(FailureTableTest, BlocksOnceForAllThatWereUnderWay) {
  FailureTable table({.half_life_ns = kWindow,
                      .block_at = 3,
                      .first_block_ns = 60 * kSecond,
                      .max_block_ns = 200 * kSecond});
  EXPECT_EQ(table.Fail(0, "a", 1, kStart).block_ns, 0);
  EXPECT_EQ(table.Fail(0, "a", 1, kStart).block_ns, 0);
  EXPECT_EQ(table.Fail(0, "a", 1, kStart).block_ns, 60 * kSecond);
  for (int i = 0; i < 10; ++i) {
    const FailureScore score = table.Fail(0, "a", 1, kStart + i * kSecond);
    EXPECT_EQ(score.block_ns, 0);
    EXPECT_EQ(score.failures, 3);
  }
  // After it one failure is enough, for twice as long, up to the most.
  int64_t now = kStart + 61 * kSecond;
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 120 * kSecond);
  now += 121 * kSecond;
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 200 * kSecond);
  now += 201 * kSecond;
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 200 * kSecond);
  // Who stays away long enough begins anew.
  now += 20 * kWindow;
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 0);
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 0);
  EXPECT_EQ(table.Fail(0, "a", 1, now).block_ns, 60 * kSecond);
}

// A million addresses that fail once each, and then a few times each, do not free who is being
// penalized.
TEST(FailureTableTest, AFloodDoesNotFreeAnOffender) {
  FailureTable table({.max_entries = 4096, .half_life_ns = kWindow, .protect = 5});
  for (int i = 0; i < 6; ++i) table.Fail(0, "offender", 1, kStart);
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 250'000; ++i) {
      table.Fail(0, absl::StrCat("k", i), 1, kStart + (round * 250'000 + i) * 1000);
    }
  }
  EXPECT_GT(table.Find(0, "offender", kStart + kSecond).failures, 5.9);
  EXPECT_LE(table.tracked(), table.capacity());
  // Not even if all of them fail as often: then there is no room for the last.
  for (int i = 0; i < 50'000; ++i) table.Fail(0, absl::StrCat("k", i / 5), 1, kStart + kSecond);
  EXPECT_GT(table.untracked(), 0);
  EXPECT_GT(table.Find(0, "offender", kStart + kSecond).failures, 5.9);
}

// One that has not failed often enough yet is not flushed out between two of its failures.
TEST(FailureTableTest, AFloodDoesNotHideAnOffender) {
  FailureTable table({.max_entries = 4096, .half_life_ns = kWindow, .protect = 20});
  int flood = 0;
  double most = 0;
  for (int i = 0; i < 200; ++i) {
    for (int j = 0; j < 500; ++j) {
      ++flood;
      table.Fail(0, absl::StrCat("k", flood), 1, kStart + flood);
    }
    most = std::max(most, table.Fail(0, "offender", 1, kStart + flood).failures);
  }
  EXPECT_GE(most, 20);
}

TEST(FailureTableTest, ManyThreadsLoseNothing) {
  FailureTable table({.half_life_ns = kWindow});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) table.Fail(0, absl::StrCat(i % 10), 1, kStart);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(table.Find(0, absl::StrCat(i), kStart).failures, 4000);
}

}  // namespace
}  // namespace warden
