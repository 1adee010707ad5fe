#include "interceptors/abuse/penalties.h"

#include <gtest/gtest.h>

namespace warden {
namespace {

constexpr int64_t kStart = 1'000'000'000'000;
constexpr BlockKind kPeer = BlockKind::kPeer;

int64_t At(absl::Duration after) { return kStart + absl::ToInt64Nanoseconds(after); }

PenaltyOptions Options() {
  return {.delay_after = 3,
          .block_after = 8,
          .window = absl::Minutes(10),
          .first_delay = absl::Milliseconds(100),
          .max_delay = absl::Milliseconds(500),
          .first_block = absl::Minutes(1)};
}

TEST(PenaltiesTest, DelaysDoubleUpToTheMostAndThenBlock) {
  Penalties penalties(Options());
  const absl::Duration expected[] = {absl::ZeroDuration(),    absl::ZeroDuration(),
                                     absl::Milliseconds(100), absl::Milliseconds(200),
                                     absl::Milliseconds(400), absl::Milliseconds(500),
                                     absl::Milliseconds(500)};
  for (const absl::Duration delay : expected) {
    EXPECT_EQ(penalties.Fail(kPeer, "a", kStart), std::nullopt);
    EXPECT_EQ(penalties.DelayOf(kPeer, "a", kStart), delay);
  }
  EXPECT_EQ(penalties.Fail(kPeer, "a", kStart), absl::Minutes(1));
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", kStart), absl::ZeroDuration());  // the block is enough
  EXPECT_EQ(penalties.DelayOf(kPeer, "b", kStart), absl::ZeroDuration());
  EXPECT_EQ(penalties.DelayOf(BlockKind::kAddress, "a", kStart), absl::ZeroDuration());
}

TEST(PenaltiesTest, TheDelayCountsFromTheLastFailure) {
  Penalties penalties(Options());
  EXPECT_FALSE(penalties.any_waits(kPeer, kStart));
  for (int i = 0; i < 3; ++i) penalties.Fail(kPeer, "a", kStart);
  EXPECT_TRUE(penalties.any_waits(kPeer, kStart));
  EXPECT_FALSE(penalties.any_waits(BlockKind::kPrincipal, kStart));
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", At(absl::Milliseconds(60))), absl::Milliseconds(40));
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", At(absl::Milliseconds(100))), absl::ZeroDuration());
  EXPECT_FALSE(penalties.any_waits(kPeer, At(absl::Milliseconds(100))));
}

TEST(PenaltiesTest, FailuresAreForgotten) {
  Penalties penalties(Options());
  for (int i = 0; i < 7; ++i) penalties.Fail(kPeer, "a", kStart);
  // 7 are 1.75 after two windows: with one more they are 2.75, which is delayed, and not blocked.
  const int64_t later = At(absl::Minutes(20));
  EXPECT_EQ(penalties.Fail(kPeer, "a", later), std::nullopt);
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", later), absl::Milliseconds(100));
  const int64_t much_later = At(absl::Hours(3));
  EXPECT_EQ(penalties.Fail(kPeer, "a", much_later), std::nullopt);
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", much_later), absl::ZeroDuration());
}

TEST(PenaltiesTest, ForgettingTakesEverythingBack) {
  Penalties penalties(Options());
  EXPECT_EQ(penalties.FailWholly(kPeer, "a", kStart), absl::Minutes(1));
  penalties.Forget(kPeer, "a");
  EXPECT_EQ(penalties.Fail(kPeer, "a", kStart), std::nullopt);
  EXPECT_EQ(penalties.FailWholly(kPeer, "a", kStart), absl::Minutes(1));
}

TEST(PenaltiesTest, WithoutBlocksItStaysWithDelays) {
  PenaltyOptions options = Options();
  options.block_after = 0;
  Penalties penalties(options);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(penalties.Fail(kPeer, "a", kStart), std::nullopt);
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", kStart), absl::Milliseconds(500));
}

TEST(PenaltiesTest, ThereAreNoneUnlessConfigured) {
  Penalties penalties({});
  EXPECT_FALSE(penalties.enabled());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(penalties.Fail(kPeer, "a", kStart), std::nullopt);
  EXPECT_EQ(penalties.FailWholly(kPeer, "a", kStart), std::nullopt);
  EXPECT_EQ(penalties.DelayOf(kPeer, "a", kStart), absl::ZeroDuration());
}

}  // namespace
}  // namespace warden
