#include "interceptors/health/health_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "interceptors/health/health_metrics.h"

namespace warden {
namespace {

class HealthRegistryTest : public ::testing::Test {
 protected:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  HealthRegistry registry_{[this] { return now_; }};

  HealthCheck Check(const std::string& name) {
    for (HealthCheck& check : registry_.Report().checks) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }
};

TEST_F(HealthRegistryTest, IsReadyBetweenStartAndDrainOnly) {
  EXPECT_FALSE(registry_.Report().ready);
  EXPECT_EQ(Check("serving").found.detail, "starting");
  registry_.SetServing();
  EXPECT_TRUE(registry_.Report().ready);
  EXPECT_FALSE(registry_.draining());
  registry_.SetDraining();
  EXPECT_FALSE(registry_.Report().ready);
  EXPECT_TRUE(registry_.draining());
  EXPECT_EQ(Check("serving").found.detail, "draining");
  registry_.SetServing();
  EXPECT_FALSE(registry_.Report().ready) << "there is no way back";
}

TEST_F(HealthRegistryTest, DegradedIsReadyAndFailedIsNot) {
  registry_.SetServing();
  HealthState state = HealthState::kOk;
  registry_.Add("store", [&]() -> HealthFinding { return {state, "words"}; });
  EXPECT_TRUE(registry_.Report().ready);
  state = HealthState::kDegraded;
  EXPECT_TRUE(registry_.Report().ready);
  state = HealthState::kFailed;
  EXPECT_FALSE(registry_.Report().ready);
  EXPECT_EQ(Summary(registry_.Report()), "not ready: store failed (words)");
  state = HealthState::kOk;
  EXPECT_EQ(Summary(registry_.Report()), "ready");
}

TEST_F(HealthRegistryTest, ACheckThatThrowsHasFailedAndItsWordsAreNotShown) {
  registry_.SetServing();
  registry_.Add("store", []() -> HealthFinding { throw std::runtime_error("password=hunter2"); });
  EXPECT_FALSE(registry_.Report().ready);
  EXPECT_EQ(Check("store").found.detail, "the check itself failed");
}

TEST_F(HealthRegistryTest, SinceIsWhenTheStateChanged) {
  registry_.SetServing();
  HealthState state = HealthState::kOk;
  registry_.Add("store", [&]() -> HealthFinding { return {state, absl::FormatTime(now_)}; });
  const absl::Time added = now_;
  now_ += absl::Seconds(5);
  EXPECT_EQ(Check("store").since, added);
  state = HealthState::kFailed;
  EXPECT_EQ(Check("store").since, now_);
  const absl::Time failed = now_;
  now_ += absl::Seconds(5);
  EXPECT_EQ(Check("store").since, failed) << "another detail is not another state";
  EXPECT_EQ(Check("store").found.detail, absl::FormatTime(now_));
}

TEST_F(HealthRegistryTest, ANameIsThereOnce) {
  registry_.SetServing();
  registry_.Add("store", [] { return HealthFinding{HealthState::kFailed, ""}; });
  registry_.Add("store", [] { return HealthFinding{}; });
  EXPECT_EQ(registry_.Report().checks.size(), 2u);
  EXPECT_TRUE(registry_.Report().ready);
  registry_.DropAll();
  EXPECT_EQ(registry_.Report().checks.size(), 1u);
}

TEST_F(HealthRegistryTest, AsMetrics) {
  registry_.SetServing();
  registry_.Add("a", [] { return HealthFinding{HealthState::kDegraded, ""}; });
  registry_.Add("b", [] { return HealthFinding{HealthState::kFailed, ""}; });
  const std::vector<prometheus::MetricFamily> families = HealthFamilies(registry_.Report());
  ASSERT_EQ(families.size(), 2u);
  EXPECT_EQ(families[0].name, "warden_ready");
  EXPECT_EQ(families[0].metric[0].gauge.value, 0);
  EXPECT_EQ(families[1].name, "warden_health_check");
  ASSERT_EQ(families[1].metric.size(), 3u);
  EXPECT_EQ(families[1].metric[0].label[0].value, "serving");
  EXPECT_EQ(families[1].metric[0].gauge.value, 1);
  EXPECT_EQ(families[1].metric[1].gauge.value, 0.5);
  EXPECT_EQ(families[1].metric[2].gauge.value, 0);
}

// For the thread sanitizer: reports while checks come and go.
TEST(HealthRegistryThreads, ReportsWhileChecksChange) {
  HealthRegistry registry([] { return absl::UnixEpoch(); });
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) EXPECT_FALSE(registry.Report().checks.empty());
  });
  for (int i = 0; i < 1000; ++i) {
    registry.Add("a", [] { return HealthFinding{}; });
    if (i == 500) registry.SetServing();
    registry.DropAll();
  }
  stop = true;
  reader.join();
  EXPECT_TRUE(registry.Report().ready);
}

}  // namespace
}  // namespace warden
