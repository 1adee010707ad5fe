// Limits beyond the simple ones: several at once, all keys, windows and costs. Handlers are
// counted, not only statuses.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/limits_world.h"

namespace warden::testing {
namespace {

class LimitsTest : public LimitsWorldTest {};

TEST_P(LimitsTest, TenantsShareWhoeverCalls) {
  Start();
  EXPECT_EQ(Admitted(1, "ByTenant", Caller("alice", "acme")), 1);
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("bob", "acme")), 1);
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("alice", "other")), 2);
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("alice", 7)), 2);
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("alice", "7")), 2) << "not the number 7";
  // Without the claim, or with one that is no name, a caller has their own.
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("alice")), 2);
  EXPECT_EQ(Admitted(1, "ByTenant", Caller("alice", {{"id", "acme"}})), 0) << "as without one";
  EXPECT_EQ(Admitted(3, "ByTenant", Caller("bob")), 2);
  const Answer refused = Send("ByTenant", Caller("bob"));
  EXPECT_EQ(refused.quota_subject, "tenant+method");
  EXPECT_EQ(world_->Metrics()["warden_rate_limited_total{method=\"" + LimitedMethod("ByTenant") +
                              "\",key=\"tenant+method\"}"],
            9);
}

TEST_P(LimitsTest, ApiKeysHaveTheirOwnOfOneSubject) {
  Start();
  const std::string one = world_->AddKey({.id = "one", .subject = "robot"});
  const std::string two = world_->AddKey({.id = "two", .subject = "robot"});
  const auto send = [&](const std::string& key) {
    RawCall call = Call("ByApiKey", "");
    call.metadata = {{"x-api-key", key}};
    return Perform(world_->channel(), call);
  };
  ASSERT_TRUE(Eventually([&] { return send(two).reason != "CREDENTIALS_INVALID"; }));
  ASSERT_TRUE(send(one).ok());
  ASSERT_TRUE(send(one).ok());
  EXPECT_EQ(send(one).reason, "RATE_LIMITED");
  EXPECT_TRUE(send(two).ok());
  EXPECT_EQ(send(two).reason, "RATE_LIMITED");
  EXPECT_EQ(Admitted(3, "ByApiKey", Caller("robot")), 2) << "a token's subject is another caller";
}

TEST_P(LimitsTest, AllLimitsMustHoldAndNothingIsChargedWhereOneDoesNot) {
  Start();
  // Alice may two; eight refusals take nothing of the third that all share.
  EXPECT_EQ(Admitted(10, "Twice", Caller("alice")), 2);
  EXPECT_EQ(Admitted(1, "Twice", Caller("bob")), 1);
  EXPECT_EQ(Admitted(5, "Twice", Caller("bob")), 0) << "all have used up theirs";
  const Answer refused = Send("Twice", Caller("carol"));
  EXPECT_EQ(refused.quota_subject, "method");
  EXPECT_TRUE(refused.has_retry_info);
  EXPECT_GT(refused.retry_after, absl::Minutes(10));
  EXPECT_LE(refused.retry_after, absl::Minutes(12));
  const auto metrics = world_->Metrics();
  const std::string name = "warden_limiter_decisions_total{limit=\"" + LimitedMethod("Twice");
  EXPECT_EQ(metrics.at(name + "[0]\",key=\"principal\",result=\"limited\"}"), 8);
  EXPECT_EQ(metrics.at(name + "[1]\",key=\"method\",result=\"limited\"}"), 6);
}

TEST_P(LimitsTest, WindowsCount) {
  Start();
  EXPECT_EQ(Admitted(6, "Sliding", Caller("alice")), 3);
  EXPECT_EQ(Admitted(6, "Fixed", Caller("alice")), 3);
  const Answer refused = Send("Fixed", Caller("alice"));
  EXPECT_TRUE(refused.has_retry_info);
  EXPECT_LE(refused.retry_after, absl::Hours(30 * 24));
  EXPECT_EQ(Admitted(6, "Fixed", Caller("bob")), 3);
}

TEST_P(LimitsTest, LimitsOfOneNameAreOneAndCallsMayCostDifferently) {
  Start();
  EXPECT_EQ(Admitted(2, "Dear", Caller("alice")), 2);
  EXPECT_EQ(Admitted(1, "Dear", Caller("alice")), 0);
  EXPECT_EQ(Admitted(5, "Cheap", Caller("alice")), 2);
  EXPECT_EQ(Admitted(15, "Cheap", Caller("bob")), 10);
  EXPECT_EQ(Admitted(1, "Dear", Caller("bob")), 0);
}

TEST_P(LimitsTest, AFieldOfTheRequestSaysWhatItCosts) {
  Start();
  const std::string alice = Caller("alice");
  EXPECT_EQ(Admitted(1, "ByField", alice, Sized(6)), 1);
  EXPECT_EQ(Admitted(1, "ByField", alice, Sized(5)), 0);
  EXPECT_EQ(Admitted(1, "ByField", alice, Sized(-1'000'000)), 1) << "costs one, gives nothing back";
  EXPECT_EQ(Admitted(1, "ByField", alice, Sized(3)), 1);
  EXPECT_EQ(Admitted(1, "ByField", alice), 0) << "nothing is left";
  // More than there ever is: no time helps, and none is promised.
  const Answer never = Send("ByField", Caller("bob"), Sized(2'000'000'000));
  EXPECT_EQ(never.reason, "RATE_LIMITED");
  EXPECT_FALSE(never.has_retry_info);
  EXPECT_EQ(never.Trailer("retry-after"), "");
  EXPECT_EQ(Admitted(1, "ByField", Caller("bob"), Sized(10)), 1);
}

TEST_P(LimitsTest, TheBytesOfTheRequestSayWhatItCosts) {
  Start();
  const std::string alice = Caller("alice");
  EXPECT_EQ(Admitted(1, "ByBytes", alice, OfBytes(900)), 1);
  EXPECT_EQ(Admitted(1, "ByBytes", alice, OfBytes(101)), 0);
  EXPECT_EQ(Admitted(1, "ByBytes", alice, OfBytes(100)), 1);
  // What is written again and again counts as it was sent, not as it was understood.
  std::string again;
  for (int i = 0; i < 20; ++i) again += OfBytes(100);
  EXPECT_EQ(Admitted(1, "ByBytes", Caller("bob"), again), 0);
}

INSTANTIATE_TEST_SUITE_P(Apis, LimitsTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
