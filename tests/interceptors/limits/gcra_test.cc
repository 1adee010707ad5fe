#include "interceptors/limits/gcra.h"

#include <gtest/gtest.h>

#include <random>

namespace warden {
namespace {

__extension__ typedef __int128 Wide;

LimitSpec Spec(uint32_t requests, absl::Duration per, uint32_t burst) {
  return {.requests = requests, .per = per, .burst = burst};
}

// A bucket that counts tokens instead of times: `level` is in units of 1/per of a token, of which
// `requests` flow in with each nanosecond. Exact, and shares nothing with the code under test.
class CountingBucket {
 public:
  CountingBucket(const LimitSpec& spec, int64_t now)
      : per_(absl::ToInt64Nanoseconds(spec.per)),
        requests_(spec.requests),
        capacity_(static_cast<Wide>(spec.burst) * per_),
        level_(capacity_),
        at_(now) {}

  GcraDecision Take(int64_t now) {
    level_ += static_cast<Wide>(now - at_) * requests_;
    if (level_ > capacity_) level_ = capacity_;
    at_ = now;
    if (level_ >= per_) {
      level_ -= per_;
      return {true, 0, static_cast<uint32_t>(level_ / per_)};
    }
    return {false, static_cast<int64_t>((per_ - level_ + requests_ - 1) / requests_), 0};
  }

 private:
  Wide per_, requests_, capacity_, level_;
  int64_t at_;
};

TEST(GcraTest, BurstThenOneForEachInterval) {
  const LimitSpec spec = Spec(10, absl::Seconds(1), 3);  // 100 ms apart
  ArrivalTime tat;
  const int64_t start = 5'000'000'000;
  for (uint32_t left : {2u, 1u, 0u}) {
    const GcraDecision decision = GcraTake(spec, start, &tat);
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.remaining, left);
  }
  EXPECT_FALSE(GcraTake(spec, start, &tat).allowed);
  EXPECT_EQ(GcraTake(spec, start, &tat).wait_ns, 100'000'000);
  EXPECT_FALSE(GcraTake(spec, start + 99'999'999, &tat).allowed);
  EXPECT_EQ(GcraTake(spec, start + 99'999'999, &tat).wait_ns, 1);
  EXPECT_TRUE(GcraTake(spec, start + 100'000'000, &tat).allowed);
  EXPECT_FALSE(GcraTake(spec, start + 100'000'000, &tat).allowed);
}

TEST(GcraTest, FullAgainToTheNanosecond) {
  const LimitSpec spec = Spec(3, absl::Nanoseconds(1'000'000), 2);  // 333,333 1/3 ns apart
  ArrivalTime tat;
  GcraTake(spec, 1000, &tat);
  GcraTake(spec, 1000, &tat);
  EXPECT_FALSE(tat.FullAt(1000 + 666'666));
  EXPECT_TRUE(tat.FullAt(1000 + 666'667));
  GcraTake(spec, 1000 + 333'334, &tat);
  EXPECT_FALSE(tat.FullAt(1000 + 999'999));
  EXPECT_TRUE(tat.FullAt(1000 + 1'000'000)) << "three thirds are a whole";
}

// An interval that is no whole number of nanoseconds must not drift: a billion intervals of 1/3 ms.
TEST(GcraTest, FractionsDoNotDrift) {
  const LimitSpec spec = Spec(7, absl::Milliseconds(1), 7);
  ArrivalTime tat;
  int64_t allowed = 0;
  constexpr int64_t kMilliseconds = 20'000;
  for (int64_t now = 0; now <= kMilliseconds * 1'000'000; now += 20'011) {
    while (GcraTake(spec, now, &tat).allowed) ++allowed;
  }
  while (GcraTake(spec, kMilliseconds * 1'000'000, &tat).allowed) ++allowed;
  EXPECT_EQ(allowed, 7 + 7 * kMilliseconds);
}

TEST(GcraTest, AgreesWithACountingBucket) {
  std::mt19937_64 random(20240229);
  for (int round = 0; round < 300; ++round) {
    const auto requests = static_cast<uint32_t>(1 + random() % 1000);
    const auto burst = static_cast<uint32_t>(1 + random() % 50);
    const auto per = static_cast<int64_t>(1'000'000 + random() % 10'000'000'000);
    const LimitSpec spec = Spec(requests, absl::Nanoseconds(per), burst);
    ASSERT_TRUE(IsValid(spec));
    int64_t now = static_cast<int64_t>(random() % 1'000'000'000'000) - 500'000'000'000;
    CountingBucket ideal(spec, now);
    ArrivalTime tat = {now, 0};
    for (int i = 0; i < 300; ++i) {
      const GcraDecision wanted = ideal.Take(now);
      const GcraDecision got = GcraTake(spec, now, &tat);
      ASSERT_EQ(got.allowed, wanted.allowed) << round << " " << i;
      ASSERT_EQ(got.wait_ns, wanted.wait_ns);
      ASSERT_EQ(got.remaining, wanted.remaining);
      // Waits exactly, one too little, or some time of the interval's magnitude.
      const int64_t some =
          static_cast<int64_t>(random() % (2 * static_cast<uint64_t>(per) / requests + 2));
      now += got.allowed || random() % 2 == 0 ? some
                                              : got.wait_ns - static_cast<int64_t>(random() % 2);
    }
  }
}

TEST(GcraTest, ExtremesDoNotOverflow) {
  for (const LimitSpec& spec :
       {Spec(1, kMaxPer, 12), Spec(4294967295, kMinPer, 4294967295), Spec(1, kMinPer, 4294967295),
        Spec(4294967295, kMaxPer, 4294967295), Spec(4294967295, kMinPer, 1)}) {
    ASSERT_TRUE(IsValid(spec));
    for (int64_t now : {int64_t{0}, int64_t{1} << 62, -(int64_t{1} << 62)}) {
      ArrivalTime tat = {now, 0};
      const GcraDecision first = GcraTake(spec, now, &tat);
      EXPECT_TRUE(first.allowed);
      EXPECT_EQ(first.remaining, spec.burst - 1);
      EXPECT_FALSE(tat.FullAt(now));
      EXPECT_LT(tat.fraction, spec.requests);
    }
  }
}

TEST(GcraTest, InvalidSpecsAreRecognised) {
  EXPECT_FALSE(IsValid(Spec(0, absl::Seconds(1), 1)));
  EXPECT_FALSE(IsValid(Spec(1, absl::Seconds(1), 0)));
  EXPECT_FALSE(IsValid(Spec(1, absl::ZeroDuration(), 1)));
  EXPECT_FALSE(IsValid(Spec(1, kMinPer - absl::Nanoseconds(1), 1)));
  EXPECT_FALSE(IsValid(Spec(1, kMaxPer + absl::Nanoseconds(1), 1)));
  EXPECT_FALSE(IsValid(Spec(1, absl::InfiniteDuration(), 1)));
  EXPECT_FALSE(IsValid(Spec(1, -absl::Seconds(1), 1)));
  EXPECT_FALSE(IsValid(Spec(1, kMaxPer, 13)));
  EXPECT_TRUE(IsValid(Spec(1, absl::Hours(24), kMaxFillDays)));
  EXPECT_FALSE(IsValid(Spec(1, absl::Hours(24), kMaxFillDays + 1)));
}

}  // namespace
}  // namespace warden
