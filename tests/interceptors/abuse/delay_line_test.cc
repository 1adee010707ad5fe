#include "interceptors/abuse/delay_line.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/time/clock.h"
#include "tests/e2e/eventually.h"

namespace warden {
namespace {

using testing::Eventually;

TEST(DelayLineTest, EndsWaitsInTheirOrder) {
  DelayLine line(10);
  std::mutex mutex;
  std::vector<int> order;
  const absl::Time begin = absl::Now();
  for (const int i : {3, 1, 2}) {
    line.Add(absl::Milliseconds(40 * i))->Then([&, i] {
      const std::lock_guard<std::mutex> lock(mutex);
      order.push_back(i);
    });
  }
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard<std::mutex> lock(mutex);
    return order.size() == 3;
  }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(119));
  EXPECT_EQ(line.waiting(), 0);
}

TEST(DelayLineTest, TakesNoMoreThanItMay) {
  DelayLine line(2);
  EXPECT_NE(line.Add(absl::Hours(1)), nullptr);
  const auto second = line.Add(absl::Hours(1));
  EXPECT_EQ(line.Add(absl::Hours(1)), nullptr);
  EXPECT_EQ(line.waiting(), 2);
  line.Stop();
  second->Wait();
  EXPECT_TRUE(Eventually([&] { return line.waiting() == 0; }));
  EXPECT_EQ(line.Add(absl::ZeroDuration()), nullptr);
}

TEST(DelayLineTest, ItsEndEndsTheWaits) {
  std::atomic<int> ended = 0;
  {
    DelayLine line(100);
    for (int i = 0; i < 100; ++i) line.Add(absl::Hours(i + 1))->Then([&] { ++ended; });
  }
  EXPECT_EQ(ended, 100);
}

}  // namespace
}  // namespace warden
