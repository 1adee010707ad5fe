// Many calls at once, and calls that end early: nothing crashes, nothing is left behind. The
// sanitizers watch.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

class LifetimeTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override {
    const absl::Status started = world_.Start();
    ASSERT_TRUE(started.ok()) << started;
    stub_ = v1::Probe::NewStub(world_.channel());
    token_ = world_.Token("alice", {"caller"});
  }

  std::unique_ptr<grpc::ClientContext> Context(absl::Duration timeout = absl::Seconds(20)) const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", "Bearer " + token_);
    context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    return context;
  }
  double InFlight() const { return world_.Metrics().at("warden_calls_in_flight"); }
  void ExpectNothingLeft() const {
    EXPECT_TRUE(Eventually([&] { return InFlight() == 0; })) << InFlight();
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }))
        << CallRegistry::Instance().size();
  }

  World world_{{.api = GetParam()}};
  std::unique_ptr<v1::Probe::Stub> stub_;
  std::string token_;
};

void RunThreads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

TEST_P(LifetimeTest, ParallelCallsOfAllKindsAreEachDecidedOnTheirOwn) {
  constexpr int kRounds = 40;
  const std::string denied = world_.Token("bob", {});
  std::atomic<int> wrong = 0;
  RunThreads(4, [&](int i) {
    const Certificate identity = world_.Identity(absl::StrCat("spiffe://probe.test/client-", i));
    const auto channel = world_.Connect(&identity);
    for (int round = 0; round < kRounds; ++round) {
      for (const std::string method : kFourKinds) {
        if (!Perform(channel, World::Call(method, token_)).ok()) ++wrong;
        if (Perform(channel, World::Call(method, denied)).reason != "PERMISSION_DENIED") ++wrong;
        if (Perform(channel, World::Call(method, "x")).reason != "CREDENTIALS_INVALID") ++wrong;
      }
      if (Perform(channel, World::Call("Checked", token_)).reason != "REQUEST_INVALID") ++wrong;
      if (Perform(channel, World::Call("Nothing", token_)).reason != "METHOD_UNKNOWN") ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(world_.runs(), 4 * kRounds * 4);
  EXPECT_EQ(world_.sink().records().size(), static_cast<size_t>(4 * kRounds * 10));
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, StreamsThatTheClientCancels) {
  RunThreads(4, [&](int i) {
    for (int round = 0; round < 20; ++round) {
      const auto context = Context();
      v1::Note note;
      v1::ProbeReply reply;
      if (i % 2 == 0) {
        const auto stream = stub_->BidiStream(context.get());
        stream->Write(note);
        if (round % 2 == 0) stream->Read(&reply);
        context->TryCancel();
        EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
      } else {
        const auto stream = stub_->ClientStream(context.get(), &reply);
        for (int j = 0; j < round % 3; ++j) stream->Write(note);
        context->TryCancel();
        EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
      }
    }
  });
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, AServerStreamThatTheClientCancelsMidway) {
  v1::ProbeRequest request;
  request.set_replies(1 << 30);
  for (int round = 0; round < 10; ++round) {
    const auto context = Context();
    const auto stream = stub_->ServerStream(context.get(), request);
    v1::ProbeReply reply;
    EXPECT_TRUE(stream->Read(&reply));
    context->TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_EQ(world_.runs(), 10);
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, CallsThatEndAtAnyMoment) {
  const auto& channel = world_.channel();
  ASSERT_TRUE(Perform(channel, World::Call("Unary", token_)).ok());
  RunThreads(4, [&](int i) {
    std::mt19937 random(static_cast<unsigned>(i));
    for (int round = 0; round < 60; ++round) {
      // From before the server sees the call to after its answer.
      const auto context = Context(absl::Microseconds(random() % 4000));
      v1::ProbeRequest request;
      v1::ProbeReply reply;
      switch (round % 3) {
        case 0:
          stub_->Unary(context.get(), request, &reply);
          break;
        case 1:
          stub_->Restricted(context.get(), request, &reply);
          break;
        default:
          const auto stream = stub_->ServerStream(context.get(), request);
          while (stream->Read(&reply)) {
          }
          stream->Finish();
      }
    }
  });
  ExpectNothingLeft();
  EXPECT_TRUE(Perform(channel, World::Call("Unary", token_)).ok());
}

TEST_P(LifetimeTest, ADeadlineEndsAnOpenStream) {
  const auto context = Context(absl::Milliseconds(300));
  const auto stream = stub_->BidiStream(context.get());
  v1::ProbeReply reply;
  EXPECT_TRUE(stream->Write(v1::Note()));
  EXPECT_TRUE(stream->Read(&reply));
  EXPECT_EQ(InFlight(), 1);
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, ShutdownEndsTheCallsInFlight) {
  constexpr size_t kStreams = 8;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::Note, v1::ProbeReply>>> streams;
  v1::ProbeReply reply;
  for (size_t i = 0; i < kStreams; ++i) {
    contexts.push_back(Context());
    streams.push_back(stub_->BidiStream(contexts.back().get()));
    ASSERT_TRUE(streams.back()->Write(v1::Note()));
    ASSERT_TRUE(streams.back()->Read(&reply));
  }
  EXPECT_EQ(InFlight(), kStreams);
  EXPECT_EQ(CallRegistry::Instance().size(), kStreams);
  world_.server().Shutdown(absl::Now() + absl::Milliseconds(100));
  for (const auto& stream : streams) {
    EXPECT_FALSE(stream->Read(&reply));
    EXPECT_FALSE(stream->Finish().ok());
  }
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, ShutdownWhileCallsAreComing) {
  std::atomic<bool> stop = false;
  std::thread shutdown([&] {
    absl::SleepFor(absl::Milliseconds(100));
    world_.server().Shutdown(absl::Now());
    stop = true;
  });
  RunThreads(4, [&](int i) {
    const std::string method = kFourKinds[i];
    while (!stop) {
      const Answer answer = Perform(world_.channel(), World::Call(method, token_));
      if (answer.ok()) continue;
      EXPECT_THAT(answer.code,
                  ::testing::AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
          << answer.text;
    }
  });
  shutdown.join();
  ExpectNothingLeft();
}

TEST_P(LifetimeTest, DestroyingTheServerCancelsItsCalls) {
  auto world = std::make_unique<World>(WorldOptions{.api = GetParam()});
  ASSERT_TRUE(world->Start().ok());
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + world->Token("alice", {"caller"}));
  const auto stub = v1::Probe::NewStub(world->channel());
  const auto stream = stub->BidiStream(&context);
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  world.reset();
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_EQ(CallRegistry::Instance().size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Apis, LifetimeTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
