// The server's clock is set forward and back while calls come in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

constexpr int64_t kForward = 7200;
constexpr int64_t kBack = -2400;  // certificates are valid since an hour ago

const Refused kExpired = {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_EXPIRED",
                          "token_expired"};

class ClockStepTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    world_.SetCustomize([this](ServerBuilder& builder) {
      builder.SetClock([this] { return absl::Now() + absl::Seconds(step_.load()); });
    });
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  Answer Send(const RawCall& call) { return Perform(world_.channel(), call); }
  // Valid from half an hour ago to in an hour.
  std::string HourToken() {
    return world_.Token("alice", {"caller"}, [](nlohmann::json& claims) {
      const auto now = absl::ToUnixSeconds(absl::Now());
      claims["iat"] = claims["nbf"] = now - 1800;
      claims["exp"] = now + 3600;
    });
  }

  std::atomic<int64_t> step_{0};  // in seconds
  World world_{{.api = GetParam()}};
};

// A token that was found good, and is remembered, is judged by the clock as it is now.
TEST_P(ClockStepTest, TokensAreJudgedByTheClockAsItIs) {
  const RawCall call = World::Call("Unary", HourToken());
  for (int round = 0; round < 2; ++round) {
    Counted(world_).ExpectAllowed("Unary", Send(call));
    step_ = kForward;
    {
      const Counted before(world_);
      before.ExpectRefused("Unary", Send(call), kExpired);
    }
    step_ = kBack;
    {
      const Counted before(world_);
      before.ExpectRefused("Unary", Send(call), BadCredentials("token_not_yet_valid"));
    }
    step_ = 0;
  }
  Counted(world_).ExpectAllowed("Unary", Send(call));
}

TEST_P(ClockStepTest, BucketsDoNotRefillByIt) {
  const RawCall call = World::Call("LimitedByPeer", world_.Token("alice", {"caller"}));
  EXPECT_TRUE(Send(call).ok());
  EXPECT_TRUE(Send(call).ok());
  const std::string later = world_.Token("alice", {"caller"}, [](nlohmann::json& claims) {
    claims["exp"] = 99999999999;
    claims.erase("nbf");
    claims.erase("iat");
  });
  for (const int64_t step : {kForward * 10, kBack}) {
    step_ = step;
    const Counted before(world_);
    before.ExpectRefused("LimitedByPeer", Send(World::Call("LimitedByPeer", later)), kLimited);
  }
}

// A call is judged wrongly where it is let through although the clock was wrong for it from before
// it was sent until after it was answered, or refused although it was right all the while.
TEST_P(ClockStepTest, NoWrongAnswersWhileItSteps) {
  const std::string token = HourToken();
  std::atomic<int64_t> steps{0};
  std::atomic<bool> done{false};
  std::atomic<int> wrong_allows{0}, wrong_refusals{0}, allowed{0}, refused{0};
  std::vector<std::thread> callers;
  const auto& channel = world_.channel();  // made before the threads
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      while (!done) {
        const int64_t steps_before = steps;
        const int64_t step = step_;
        const bool ok = Perform(channel, World::Call("Unary", token)).ok();
        ++(ok ? allowed : refused);
        if (steps != steps_before) continue;  // it may have been either
        if (ok && step != 0) ++wrong_allows;
        if (!ok && step == 0) ++wrong_refusals;
      }
    });
  }
  // The count changes first and last, so a step that a caller saw half of is not judged.
  const auto step_to = [&](int64_t seconds) {
    ++steps;
    step_ = seconds;
    ++steps;
  };
  const auto more = [&](const std::atomic<int>& count) {
    return Eventually([&, before = count.load()] { return count > before + 20; });
  };
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(more(allowed));
    step_to(kForward);
    EXPECT_TRUE(more(refused));
    step_to(0);
    EXPECT_TRUE(more(allowed));
    step_to(kBack);
    EXPECT_TRUE(more(refused));
    step_to(0);
  }
  EXPECT_TRUE(more(allowed));
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong_allows, 0);
  EXPECT_EQ(wrong_refusals, 0);
  EXPECT_EQ(world_.runs(), allowed);
}

TEST_P(ClockStepTest, AStreamEndsWhenItIsSetPastItsTokensEnd) {
  auto stub = v1::Probe::NewStub(world_.channel());
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + HourToken());
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  v1::ProbeReply reply;
  const auto writer = stub->ClientStream(&context, &reply);
  ASSERT_TRUE(writer->Write({}));
  ASSERT_TRUE(Eventually([&] { return world_.runs() == 1; }));
  step_ = kForward;
  EXPECT_TRUE(Eventually([&] { return !writer->Write({}); }));
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

INSTANTIATE_TEST_SUITE_P(Apis, ClockStepTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
