// Limits and rules that are only watched: what they would refuse is counted, recorded and let
// through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

class ObserveTest : public ::testing::TestWithParam<Api> {
 protected:
  void Start(World& world) {
    const absl::Status started = world.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(World& world, const std::string& method, const std::string& body = "") {
    return Perform(world.channel(), World::Call(method, world.Token("alice", {"caller"}), body));
  }
  double Observed(World& world, const std::string& method, const std::string& reason) {
    return world
        .Metrics()[absl::StrCat("warden_observed_refusals_total{method=\"/warden.testing.v1.Probe/",
                                method, "\",reason=\"", reason, "\"}")];
  }
};

TEST_P(ObserveTest, LimitsLetThroughChargeAndCount) {
  World world({.api = GetParam(), .extra_config = "enforcement: {rate_limit: OBSERVE}\n"});
  Start(world);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Send(world, "LimitedByPeer").ok());
  EXPECT_EQ(Observed(world, "LimitedByPeer", "rate_limited"), 3) << "two were in the bucket";
  EXPECT_EQ(world.Decisions("LimitedByPeer", "ok"), 5);
  EXPECT_EQ(world.Decisions("LimitedByPeer", "rate_limited"), 0);
  EXPECT_EQ(world.runs(), 5);
  ASSERT_EQ(world.sink().records().size(), 3u);
  const RefusalRecord record = world.sink().records()[0];
  EXPECT_EQ(record.event, "observed");
  EXPECT_EQ(record.reason, "rate_limited");
  EXPECT_EQ(record.stage, "rate_limit");
  EXPECT_EQ(record.detail, "more than 2 per 24h");
  EXPECT_TRUE(record.allowed);
  // The rest is enforced.
  EXPECT_FALSE(Send(world, "Restricted").ok());
  EXPECT_FALSE(Send(world, "Checked").ok());
}

TEST_P(ObserveTest, RulesLetThroughAndCount) {
  World world({.api = GetParam(), .extra_config = "enforcement: {rules: OBSERVE}\n"});
  Start(world);
  EXPECT_TRUE(Send(world, "Checked").ok());
  EXPECT_TRUE(Send(world, "CheckedStream").ok());
  EXPECT_EQ(Observed(world, "Checked", "request_invalid"), 1);
  EXPECT_EQ(Observed(world, "CheckedStream", "request_invalid"), 1);
  EXPECT_EQ(world.runs(), 2);
  ASSERT_EQ(world.sink().records().size(), 2u);
  EXPECT_EQ(world.sink().records()[0].event, "observed");
  EXPECT_EQ(world.sink().records()[0].stage, "validate");
  EXPECT_THAT(world.sink().records()[0].detail, HasSubstr("id [required]; email ["));
  // What cannot be read at all is refused all the same, and limits are enforced.
  EXPECT_EQ(Send(world, "Checked", "\xff").reason, "REQUEST_MALFORMED");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(Send(world, "LimitedByPeer").ok());
  EXPECT_EQ(Send(world, "LimitedByPeer").reason, "RATE_LIMITED");
}

TEST(ObserveStart, ModesAreWordsOfTheList) {
  World world({.extra_config = "enforcement: {rules: observe}\n"});
  EXPECT_THAT(std::string(world.Start().message()), HasSubstr("enforcement.rules"));
  World unset({.extra_config = "enforcement: {rules: MODE_UNSPECIFIED}\n"});
  EXPECT_THAT(std::string(unset.Start().message()), HasSubstr("enforcement.rules"));
}

INSTANTIATE_TEST_SUITE_P(Apis, ObserveTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
