// Limits whose numbers change while they are in use: nobody gets a fresh bucket by it, and nobody
// waits for what the new limit cannot hold.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/rate_limiter.h"

namespace warden {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr int64_t kStart = 1'000'000'000'000;

LimitSpec Bucket(uint32_t requests, absl::Duration per, uint32_t burst = 0) {
  return {.requests = requests, .per = per, .burst = burst == 0 ? requests : burst};
}

LimitSpec Window(LimitSpec::Algorithm algorithm, uint32_t requests, absl::Duration per) {
  return {.requests = requests, .per = per, .burst = requests, .algorithm = algorithm};
}
constexpr LimitSpec::Algorithm kWindows[] = {LimitSpec::Algorithm::kFixedWindow,
                                             LimitSpec::Algorithm::kSlidingWindow};

struct Change {
  std::string name;
  LimitSpec before;
  uint32_t taken;  // of a full bucket, charged
  LimitSpec after;
  bool owes;
  uint32_t remaining;
  absl::Duration wait;  // for the next one
};

class GcraChangeTest : public ::testing::TestWithParam<Change> {};

TEST_P(GcraChangeTest, KeepsWhatIsMissingAsFarAsTheNewLimitCanHoldIt) {
  const Change& change = GetParam();
  ArrivalTime tat = {kStart, 0};
  for (uint32_t i = 0; i < change.taken; ++i) {
    GcraTake(change.before, kStart, &tat, 1, TakeMode::kCharge);
  }
  tat = GcraAdopt(change.after, kStart, change.owes, tat);
  const GcraDecision decision = GcraTake(change.after, kStart, &tat, 1, TakeMode::kPeek);
  EXPECT_EQ(decision.remaining, change.remaining);
  EXPECT_EQ(absl::Nanoseconds(decision.wait_ns), change.wait);
  EXPECT_EQ(decision.allowed, change.wait == absl::ZeroDuration());
}

INSTANTIATE_TEST_SUITE_P(
    Changes, GcraChangeTest,
    ::testing::Values(Change{"HalfStaysHalf", Bucket(10, absl::Minutes(1)), 5,
                             Bucket(100, absl::Minutes(1)), false, 50, absl::ZeroDuration()},
                      Change{"HalfStaysHalfOfLess", Bucket(100, absl::Minutes(1)), 50,
                             Bucket(10, absl::Minutes(1)), false, 5, absl::ZeroDuration()},
                      Change{"EmptyStaysEmptyWhereRelaxed", Bucket(10, absl::Minutes(1)), 10,
                             Bucket(1000, absl::Minutes(1)), false, 0, absl::Milliseconds(60)},
                      Change{"EmptyStaysEmptyWhereTightened", Bucket(1000, absl::Minutes(1)), 1000,
                             Bucket(1, absl::Minutes(1)), false, 0, absl::Minutes(1)},
                      Change{"ADaysDebtIsAnEmptyBucketOfAnHour", Bucket(10, kDay), 10,
                             Bucket(10, absl::Hours(1)), false, 0, absl::Minutes(6)},
                      Change{"NoWaitOfTwiceTheSizeEither", Bucket(10, absl::Minutes(1)), 10,
                             Bucket(10, absl::Seconds(30)), false, 0, absl::Seconds(3)},
                      Change{"ALargerBurstIsRoom", Bucket(10, kDay, 50), 50, Bucket(10, kDay, 80),
                             false, 30, absl::ZeroDuration()},
                      Change{"ASmallerBurstIsEmpty", Bucket(10, absl::Minutes(1), 80), 80,
                             Bucket(10, absl::Minutes(1), 10), false, 0, absl::Seconds(6)},
                      Change{"WhatIsOwedStaysOwed", Bucket(10, absl::Minutes(1)), 15,
                             Bucket(100, absl::Minutes(1)), true, 0, absl::Milliseconds(30'600)},
                      Change{"WhatTheNewLimitCannotOweIsAnEmptyBucket",
                             Bucket(10, absl::Minutes(1)), 20, Bucket(10, absl::Seconds(1)), true,
                             0, absl::Milliseconds(100)},
                      Change{"AFullOneStaysFull", Bucket(10, kDay), 0, Bucket(3, absl::Minutes(1)),
                             false, 3, absl::ZeroDuration()}),
    [](const auto& info) { return info.param.name; });

// What was made under the same numbers is not touched, whatever is missing.
TEST(GcraAdoptTest, IsExactForUnchangedNumbers) {
  std::mt19937_64 random(20240229);
  for (int round = 0; round < 200; ++round) {
    const LimitSpec spec =
        Bucket(static_cast<uint32_t>(1 + random() % 1000),
               absl::Nanoseconds(static_cast<int64_t>(1'000'000 + random() % 10'000'000'000)),
               static_cast<uint32_t>(1 + random() % 50));
    const bool owes = round % 2 == 0;
    ArrivalTime tat = {kStart, 0};
    int64_t now = kStart;
    for (int i = 0; i < 200; ++i) {
      GcraTake(spec, now, &tat, 1, owes ? TakeMode::kCharge : TakeMode::kTake);
      const ArrivalTime adopted = GcraAdopt(spec, now, owes, tat);
      ASSERT_EQ(adopted.ns, tat.ns);
      ASSERT_EQ(adopted.fraction, tat.fraction);
      now += static_cast<int64_t>(random() % 3'000'000);
    }
  }
}

// A fraction of a nanosecond is counted in parts of 1/requests: what has too many of them is read
// as the next nanosecond, never as an earlier one.
TEST(GcraAdoptTest, FractionsOfOtherNumbersAreRead) {
  const LimitSpec before = Bucket(1000, absl::Nanoseconds(1'000'999));
  const LimitSpec after = Bucket(3, absl::Minutes(1));
  ArrivalTime tat = {kStart, 0};
  GcraTake(before, kStart, &tat);
  ASSERT_EQ(tat.fraction, 999u);
  const ArrivalTime read = GcraRead(after, tat);
  EXPECT_EQ(read.ns, tat.ns + 1);
  EXPECT_EQ(read.fraction, 0u);
  GcraRefund(after, 1, &tat);
  EXPECT_LT(tat.fraction, after.requests);
}

// A limiter, and one key of one limit.
class ChangedLimitTest : public ::testing::Test {
 protected:
  RateLimiter::Decision Ask(const LimitSpec& spec, uint32_t version, int64_t now,
                            TakeMode mode = TakeMode::kTake, uint32_t cost = 1) {
    return limiter_.Judge(
        {&spec, limiter_.PlaceOf(0, "alice"), cost, mode, version, mode == TakeMode::kCharge}, now);
  }
  uint32_t Admitted(const LimitSpec& spec, uint32_t version, int64_t now, int times = 100) {
    uint32_t admitted = 0;
    for (int i = 0; i < times; ++i) admitted += Ask(spec, version, now).allowed ? 1 : 0;
    return admitted;
  }
  void Begin(uint32_t version) { limiter_.BeginVersion(version); }

  RateLimiter limiter_{1000};
};

TEST_F(ChangedLimitTest, ChangesNeverFillABucket) {
  const LimitSpec wide = Bucket(10, kDay, 50);
  const LimitSpec wider = Bucket(10, kDay, 80);
  const LimitSpec narrow = Bucket(10, kDay, 4);
  EXPECT_EQ(Admitted(wide, 0, kStart), 50u);
  Begin(1);
  EXPECT_EQ(Admitted(wider, 1, kStart), 30u);
  Begin(2);
  EXPECT_EQ(Admitted(narrow, 2, kStart), 0u);
  // The debt was cut to what four calls take, and nothing else was given.
  Begin(3);
  EXPECT_EQ(Admitted(narrow, 3, kStart), 0u);
  Begin(4);
  EXPECT_EQ(Admitted(wide, 4, kStart), 46u);
}

// The first look cuts the debt; it does not begin anew with each.
TEST_F(ChangedLimitTest, AnOldDebtLocksNobodyOut) {
  const LimitSpec slow = Bucket(10, kDay);
  const LimitSpec fast = Bucket(10, absl::Hours(1));
  const int64_t six_minutes = absl::ToInt64Nanoseconds(absl::Minutes(6));
  for (const TakeMode first : {TakeMode::kTake, TakeMode::kPeek}) {
    RateLimiter limiter(10);
    const RateLimiter::Ask old_ask = {&slow, limiter.PlaceOf(0, "k"), 10};
    ASSERT_TRUE(limiter.Judge(old_ask, kStart).allowed);
    limiter.BeginVersion(1);
    RateLimiter::Ask ask = {&fast, limiter.PlaceOf(0, "k"), 1, first, 1, false};
    EXPECT_EQ(limiter.Judge(ask, kStart).retry_after, absl::Minutes(6));
    ask.mode = TakeMode::kTake;
    EXPECT_FALSE(limiter.Judge(ask, kStart + six_minutes - 1).allowed);
    EXPECT_TRUE(limiter.Judge(ask, kStart + six_minutes).allowed);
    EXPECT_FALSE(limiter.Judge(ask, kStart + six_minutes).allowed);
  }
}

// Calls that began before the change are judged by their numbers, for which a debt of the new ones
// may be more than they know; they must not cut it.
TEST_F(ChangedLimitTest, OlderCallsFreeNothing) {
  const LimitSpec older = Bucket(10, absl::Minutes(1));
  const LimitSpec newer = Bucket(10, kDay);
  Begin(1);
  EXPECT_EQ(Admitted(newer, 1, kStart), 10u);
  const absl::Duration wait = Ask(newer, 1, kStart).retry_after;
  for (const TakeMode mode : {TakeMode::kTake, TakeMode::kPeek, TakeMode::kCharge}) {
    EXPECT_FALSE(Ask(older, 0, kStart, mode).allowed);
  }
  EXPECT_EQ(Ask(newer, 1, kStart).retry_after, wait);
  EXPECT_GT(wait, absl::Hours(2));
  EXPECT_EQ(Admitted(newer, 1, kStart), 0u);
}

TEST_F(ChangedLimitTest, ARefundOfOlderNumbersIsNeverMoreThanFull) {
  const LimitSpec older = Bucket(10, kDay);
  const LimitSpec newer = Bucket(7, absl::Minutes(1));
  const RateLimiter::Ask ask = {&older, limiter_.PlaceOf(0, "alice"), 10};
  const RateLimiter::Decision taken = limiter_.Judge(ask, kStart);
  ASSERT_TRUE(taken.allowed);
  Begin(1);
  EXPECT_FALSE(Ask(newer, 1, kStart).allowed);
  limiter_.Refund(ask, taken, kStart);
  EXPECT_EQ(Ask(newer, 1, kStart, TakeMode::kPeek).remaining, 7u);
  EXPECT_EQ(Admitted(newer, 1, kStart), 7u);
}

TEST_F(ChangedLimitTest, WindowsOfTheSameLengthKeepTheirCounts) {
  for (const auto algorithm : kWindows) {
    const LimitSpec five = Window(algorithm, 5, kDay);
    const LimitSpec eight = Window(algorithm, 8, kDay);
    const LimitSpec three = Window(algorithm, 3, kDay);
    RateLimiter limiter(10);
    uint32_t version = 0;
    const auto admitted = [&](const LimitSpec& spec) {
      limiter.BeginVersion(version);
      int count = 0;
      for (int i = 0; i < 20; ++i) {
        const RateLimiter::Ask ask = {&spec, limiter.PlaceOf(0, "k"), 1, TakeMode::kTake, version};
        count += limiter.Judge(ask, kStart).allowed ? 1 : 0;
      }
      ++version;
      return count;
    };
    EXPECT_EQ(admitted(five), 5);
    EXPECT_EQ(admitted(eight), 3);
    EXPECT_EQ(admitted(three), 0);
    EXPECT_EQ(admitted(eight), 0);
    EXPECT_EQ(admitted(Window(algorithm, 2, absl::Hours(1))), 2) << "another length begins anew";
  }
}

TEST_F(ChangedLimitTest, OlderCallsDoNotBeginAWindowAnew) {
  for (const auto algorithm : kWindows) {
    RateLimiter limiter(10);
    const LimitSpec older = Window(algorithm, 5, absl::Hours(1));
    const LimitSpec newer = Window(algorithm, 3, kDay);
    const auto judge = [&](const LimitSpec& spec, uint32_t version,
                           TakeMode mode = TakeMode::kTake) {
      return limiter.Judge({&spec, limiter.PlaceOf(0, "k"), 1, mode, version}, kStart).allowed;
    };
    const RateLimiter::Ask early = {&older, limiter.PlaceOf(0, "k"), 1};
    const RateLimiter::Decision taken = limiter.Judge(early, kStart);
    ASSERT_TRUE(taken.allowed);
    limiter.BeginVersion(1);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(judge(newer, 1));
    EXPECT_FALSE(judge(newer, 1));
    EXPECT_TRUE(judge(older, 0, TakeMode::kPeek));
    EXPECT_TRUE(judge(older, 0)) << "by its own numbers there are two left";
    EXPECT_TRUE(judge(older, 0));
    EXPECT_FALSE(judge(older, 0));
    limiter.Refund(early, taken, kStart);
    judge(older, 0, TakeMode::kCharge);
    EXPECT_FALSE(judge(newer, 1)) << "and none of it began the new window anew";
  }
}

// Of several limits at one instant; what was refused keeps the cut debt, too.
TEST_F(ChangedLimitTest, SeveralLimitsAtOnceAdoptLikewise) {
  for (const size_t max_keys : {size_t{100}, size_t{1}}) {
    RateLimiter limiter(max_keys);
    const LimitSpec filler = Bucket(1, absl::Hours(24 * 30));
    // In a full table the limits' shared buckets are asked.
    for (int i = 0; max_keys == 1 && i < 100; ++i) limiter.Take(9, filler, absl::StrCat(i), kStart);
    const LimitSpec slow = Bucket(10, kDay);
    const LimitSpec fast = Bucket(10, absl::Hours(1));
    std::array<RateLimiter::Decision, 2> decisions;
    const auto judge = [&](const LimitSpec& spec, uint32_t cost, uint32_t version, int64_t now) {
      const std::array<RateLimiter::Ask, 2> asks = {
          {{&spec, limiter.PlaceOf(0, "a"), cost, TakeMode::kTake, version, false},
           {&slow, limiter.PlaceOf(1, "b"), 1, TakeMode::kTake, version, false}}};
      return limiter.JudgeAll(asks, now, decisions);
    };
    const int64_t six_minutes = absl::ToInt64Nanoseconds(absl::Minutes(6));
    EXPECT_TRUE(judge(slow, 10, 0, kStart));
    EXPECT_EQ(decisions[0].shared, max_keys == 1);
    limiter.BeginVersion(1);
    EXPECT_FALSE(judge(fast, 1, 1, kStart));
    EXPECT_FALSE(decisions[0].allowed);
    EXPECT_EQ(decisions[1].remaining, 9u) << "the other limit keeps its bucket";
    EXPECT_FALSE(judge(fast, 1, 1, kStart + six_minutes - 1));
    EXPECT_TRUE(judge(fast, 1, 1, kStart + six_minutes));
    EXPECT_EQ(decisions[1].remaining, 8u);
  }
}

// Bursts that change under way, each at its own moment for each thread: never is more admitted than
// the largest holds, and when all is over exactly that.
TEST_F(ChangedLimitTest, ThreadsThroughManyChangesAdmitNoMoreThanTheLargest) {
  constexpr uint32_t kVersions = 200;
  constexpr uint32_t kMost = 3000;
  std::vector<LimitSpec> specs;
  for (uint32_t v = 0; v < kVersions; ++v) {
    specs.push_back(Bucket(1000, kDay, 1000 + v * (kMost - 1000) / (kVersions - 1)));
  }
  std::atomic<uint32_t> version{0};
  std::atomic<uint32_t> admitted{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const uint32_t mine = version;
        for (int i = 0; i < 20; ++i) admitted += Ask(specs[mine], mine, kStart).allowed ? 1 : 0;
      }
    });
  }
  for (uint32_t v = 1; v < kVersions; ++v) {
    Begin(v);
    version = v;
    while (admitted < specs[v].burst) std::this_thread::yield();
    EXPECT_LE(admitted, specs[v].burst);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, kMost);
}

}  // namespace
}  // namespace warden
