#include "interceptors/introspection/circuit_breaker.h"

#include "gtest/gtest.h"

namespace warden {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kPause = absl::Seconds(5);

void Fail(CircuitBreaker& breaker, int times, absl::Time now) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(breaker.MayAsk(now));
    breaker.Report(false, now);
  }
}

TEST(CircuitBreakerTest, OpensAfterFailuresInARowOnly) {
  CircuitBreaker breaker(3, kPause);
  Fail(breaker, 2, kStart);
  EXPECT_TRUE(breaker.MayAsk(kStart));
  breaker.Report(true, kStart);
  Fail(breaker, 2, kStart);
  EXPECT_FALSE(breaker.open());
  Fail(breaker, 1, kStart);
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.MayAsk(kStart));
  EXPECT_FALSE(breaker.MayAsk(kStart + kPause - absl::Nanoseconds(1)));
}

TEST(CircuitBreakerTest, OneTriesAfterThePause) {
  CircuitBreaker breaker(1, kPause);
  Fail(breaker, 1, kStart);
  EXPECT_TRUE(breaker.MayAsk(kStart + kPause));
  EXPECT_FALSE(breaker.MayAsk(kStart + kPause)) << "two at a time";
  breaker.Report(false, kStart + kPause);
  EXPECT_FALSE(breaker.MayAsk(kStart + kPause + absl::Seconds(1)));
  EXPECT_TRUE(breaker.MayAsk(kStart + 2 * kPause));
  breaker.Report(true, kStart + 2 * kPause);
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.MayAsk(kStart + 2 * kPause));
  EXPECT_TRUE(breaker.MayAsk(kStart + 2 * kPause));
}

TEST(CircuitBreakerTest, AClockThatIsSetBackDoesNotKeepItOpen) {
  CircuitBreaker breaker(1, kPause);
  Fail(breaker, 1, kStart);
  EXPECT_TRUE(breaker.MayAsk(kStart - absl::Hours(1)));
}

}  // namespace
}  // namespace warden
