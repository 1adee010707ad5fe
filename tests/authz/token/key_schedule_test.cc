#include "authz/token/key_schedule.h"

#include "gtest/gtest.h"

namespace warden {
namespace {

constexpr KeyScheduleOptions kOptions = {.min_interval = absl::Minutes(5),
                                         .max_interval = absl::Hours(1),
                                         .unknown_key_cooldown = absl::Seconds(30),
                                         .max_age = absl::Hours(24)};
const absl::Time kStart = absl::FromUnixSeconds(1000);

KeySchedule Fetched(std::optional<absl::Duration> freshness, double random = 0) {
  KeySchedule schedule(kOptions);
  schedule.Began(kStart);
  schedule.Succeeded(kStart, freshness, random);
  return schedule;
}

TEST(KeyScheduleTest, TheFirstFetchIsDueAtOnce) {
  const KeySchedule schedule(kOptions);
  EXPECT_LE(schedule.due(), kStart);
  EXPECT_FALSE(schedule.TooOld(kStart));
  EXPECT_FALSE(schedule.Age(kStart).has_value());
}

TEST(KeyScheduleTest, FollowsTheServerWithinBounds) {
  EXPECT_EQ(Fetched(absl::Minutes(20)).due() - kStart, absl::Minutes(18));
  EXPECT_EQ(Fetched(absl::Minutes(20), 1).due() - kStart, absl::Minutes(20));
  EXPECT_EQ(Fetched(absl::ZeroDuration()).due() - kStart, absl::Minutes(5));
  EXPECT_EQ(Fetched(absl::Hours(9)).due() - kStart, absl::Minutes(54));
  EXPECT_EQ(Fetched(absl::Hours(9), 1).due() - kStart, absl::Hours(1));
  EXPECT_EQ(Fetched(std::nullopt, 1).due() - kStart, absl::Hours(1));
}

TEST(KeyScheduleTest, ServersThatStartTogetherDoNotFetchTogether) {
  for (const absl::Duration asked : {absl::ZeroDuration(), absl::Minutes(20), absl::Hours(9)}) {
    const absl::Time earliest = Fetched(asked, 0).due();
    const absl::Time latest = Fetched(asked, 1).due();
    EXPECT_GT(latest - earliest, absl::Seconds(30));
    EXPECT_GE(earliest - kStart, kOptions.min_interval);
    EXPECT_LE(latest - kStart, kOptions.max_interval);
  }
}

TEST(KeyScheduleTest, TriesAgainSoonAndThenLessOften) {
  KeySchedule schedule = Fetched(absl::Hours(1));
  absl::Time now = schedule.due();
  for (const int seconds : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    schedule.Began(now);
    schedule.Failed(now, 0);
    EXPECT_EQ(schedule.due() - now, absl::Seconds(seconds));
    now = schedule.due();
  }
  for (int i = 0; i < 100; ++i) schedule.Failed(now, 1);
  EXPECT_EQ(schedule.due() - now, absl::Seconds(330));
  EXPECT_EQ(schedule.failures(), 111);
  schedule.Began(now);
  schedule.Succeeded(now, absl::Hours(1), 1);
  EXPECT_EQ(schedule.failures(), 0);
  EXPECT_EQ(schedule.due() - now, absl::Hours(1));
}

TEST(KeyScheduleTest, KeysAreUsedUntilTheirMaxAge) {
  KeySchedule schedule = Fetched(absl::Hours(1));
  const absl::Time end = kStart + kOptions.max_age;
  EXPECT_EQ(schedule.end(), end);
  schedule.Began(end - absl::Seconds(1));
  schedule.Failed(end - absl::Seconds(1), 0);  // a failure does not make them younger
  EXPECT_FALSE(schedule.TooOld(end - absl::Nanoseconds(1)));
  EXPECT_TRUE(schedule.TooOld(end));
  schedule.Began(end);
  schedule.Succeeded(end + absl::Seconds(4), std::nullopt, 0);
  EXPECT_FALSE(schedule.TooOld(end));
  EXPECT_EQ(schedule.Age(end + absl::Seconds(5)), absl::Seconds(5));  // since the fetch began
}

TEST(KeyScheduleTest, AnUnknownKeyIsAskedForOncePerCooldown) {
  KeySchedule schedule = Fetched(absl::Hours(1));
  const absl::Time allowed = kStart + kOptions.unknown_key_cooldown;
  for (int i = 0; i < 1000; ++i) schedule.OnUnknownKey();
  EXPECT_EQ(schedule.due(), allowed);
  schedule.Began(allowed);
  schedule.Succeeded(allowed, absl::Hours(1), 1);
  EXPECT_EQ(schedule.due(), allowed + absl::Hours(1));
  schedule.OnUnknownKey();
  EXPECT_EQ(schedule.due(), allowed + kOptions.unknown_key_cooldown);
}

TEST(KeyScheduleTest, AnUnknownKeyNeverDelaysAFetch) {
  KeySchedule schedule = Fetched(absl::Hours(1));
  schedule.Failed(kStart, 0);
  schedule.OnUnknownKey();
  EXPECT_EQ(schedule.due(), kStart + absl::Seconds(1));
}

TEST(KeyScheduleTest, AClockThatStepsBackDoesNoHarm) {
  const KeySchedule schedule = Fetched(absl::Hours(1));
  EXPECT_FALSE(schedule.TooOld(kStart - absl::Hours(48)));
  EXPECT_EQ(schedule.Age(kStart - absl::Hours(48)), absl::ZeroDuration());
}

TEST(KeyScheduleTest, EqualBoundsAreKept) {
  KeyScheduleOptions options = kOptions;
  options.min_interval = options.max_interval = absl::Minutes(10);
  KeySchedule schedule(options);
  schedule.Began(kStart);
  schedule.Succeeded(kStart, absl::Seconds(1), 0.5);
  EXPECT_EQ(schedule.due() - kStart, absl::Minutes(10));
}

}  // namespace
}  // namespace warden
