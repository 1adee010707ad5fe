// The gate on every kind of method and both APIs: what passes runs once, what is refused never
// runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/world.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Values;

class GateTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(RawCall call) { return Perform(world_.channel(), call); }

  World world_{{.api = GetParam()}};
};

constexpr const char* kFourKinds[] = {"Unary", "ServerStream", "ClientStream", "BidiStream"};

TEST_P(GateTest, LetsAllowedCallsOfEveryKindRunOnce) {
  const std::string token = world_.Token("alice", {"caller"});
  int runs = 0;
  for (const std::string method : kFourKinds) {
    const Answer answer = Send(World::Call(method, token));
    EXPECT_TRUE(answer.ok()) << method << ": " << answer.text;
    EXPECT_EQ(world_.runs(), ++runs) << method;
    ASSERT_FALSE(answer.replies.empty()) << method;
    v1::ProbeReply reply;
    ASSERT_TRUE(reply.ParseFromString(answer.replies.front()));
    EXPECT_EQ(reply.caller(), "alice") << method;
    EXPECT_THAT(reply.roles(), ElementsAre("caller")) << method;
    EXPECT_EQ(answer.Trailer("x-request-id").size(), 36u) << method;
    EXPECT_EQ(world_.Decisions(method, "ok"), 1) << method;
  }
  EXPECT_EQ(world_.sink().all(), "");
}

TEST_P(GateTest, RefusesEveryKindBeforeTheHandlerWithDetailsAndTrailer) {
  const std::string token = world_.Token("bob", {});
  for (const std::string method : kFourKinds) {
    const Answer answer = Send(World::Call(method, token));
    EXPECT_EQ(answer.code, grpc::StatusCode::PERMISSION_DENIED) << method;
    EXPECT_EQ(answer.reason, "PERMISSION_DENIED") << method;
    EXPECT_EQ(answer.domain, "warden") << method;
    EXPECT_TRUE(answer.replies.empty()) << method;
    EXPECT_EQ(answer.Trailer("x-request-id").size(), 36u) << method;
    EXPECT_EQ(world_.Decisions(method, "permission_denied"), 1) << method;
    EXPECT_THAT(world_.sink().all(), ::testing::HasSubstr(answer.Trailer("x-request-id")));
  }
  EXPECT_EQ(world_.runs(), 0);
}

TEST_P(GateTest, ForgetsCallsThatHaveEnded) {
  const std::string token = world_.Token("alice", {"caller"});
  for (const std::string method : kFourKinds) {
    ASSERT_TRUE(Send(World::Call(method, token)).ok());
    ASSERT_FALSE(Send(World::Call(method, "")).ok());
  }
  world_.server().Shutdown(absl::Now() + absl::Seconds(10));
  const auto samples = world_.Metrics();
  ASSERT_TRUE(samples.contains("warden_calls_in_flight"));
  EXPECT_EQ(samples.at("warden_calls_in_flight"), 0);
}

INSTANTIATE_TEST_SUITE_P(Apis, GateTest, Values(Api::kSync, Api::kCallback), [](const auto& info) {
  return info.param == Api::kSync ? "Sync" : "Callback";
});

}  // namespace
}  // namespace warden::testing
