// Streams do not outlive their credentials.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

class StreamExpiryTest : public ::testing::TestWithParam<Api> {
 protected:
  void Start(const std::string& extra_config) {
    world_ = std::make_unique<World>(WorldOptions{.api = GetParam(),
                                                  .extra_config = extra_config,
                                                  .edit_config = {{"leeway: 5s", "leeway: 0s"}}});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
    stub_ = v1::Probe::NewStub(world_->channel());
  }
  std::unique_ptr<grpc::ClientContext> Context(absl::Duration lifetime) {
    const std::string token = world_->Token("alice", {"caller"}, [&](nlohmann::json& claims) {
      claims["exp"] = absl::ToDoubleSeconds(absl::Now() + lifetime - absl::UnixEpoch());
    });
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", "Bearer " + token);
    context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    return context;
  }
  double Metric(const std::string& name) {
    const auto metrics = world_->Metrics();
    const auto found = metrics.find(name);
    return found == metrics.end() ? 0 : found->second;
  }
  double Ended(const std::string& method) {
    return Metric(absl::StrCat("warden_streams_ended_total{method=\"/warden.testing.v1.Probe/",
                               method, "\",reason=\"token_expired\"}"));
  }
  void ExpectExpired(const std::string& method, const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
    EXPECT_EQ(status.error_message(), "the credentials have expired");
    EXPECT_EQ(Ended(method), 1);
    const std::vector<RefusalRecord> records = world_->sink().records();
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back().stage, "stream");
    EXPECT_EQ(records.back().reason, "token_expired");
    EXPECT_EQ(records.back().principal, "alice");
    EXPECT_TRUE(Eventually([&] { return Metric("warden_streams_watched") == 0; }));
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }));
  }

  std::unique_ptr<World> world_;
  std::unique_ptr<v1::Probe::Stub> stub_;
};

TEST_P(StreamExpiryTest, ABidiStreamEndsWithItsToken) {
  Start("");
  const auto context = Context(absl::Seconds(2));
  const auto stream = stub_->BidiStream(context.get());
  v1::Note note;
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(note));
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_FALSE(stream->Read(&reply)) << "nobody wrote";
  ExpectExpired("BidiStream", stream->Finish());
}

TEST_P(StreamExpiryTest, AClientStreamEndsWithItsToken) {
  Start("");
  const auto context = Context(absl::Seconds(2));
  v1::ProbeReply reply;
  const auto stream = stub_->ClientStream(context.get(), &reply);
  v1::Note note;
  ASSERT_TRUE(stream->Write(note));
  EXPECT_TRUE(Eventually([&] { return !stream->Write(note); })) << "the stream goes on";
  ExpectExpired("ClientStream", stream->Finish());
}

TEST_P(StreamExpiryTest, AServerStreamEndsWithItsToken) {
  Start("");
  const auto context = Context(absl::Seconds(2));
  v1::ProbeRequest request;
  request.set_replies(1 << 30);
  const auto stream = stub_->ServerStream(context.get(), request);
  v1::ProbeReply reply;
  while (stream->Read(&reply)) {
  }
  ExpectExpired("ServerStream", stream->Finish());
}

TEST_P(StreamExpiryTest, AStreamThatEndsBeforeIsLeftAlone) {
  Start("");
  const auto context = Context(absl::Seconds(2));
  const auto stream = stub_->BidiStream(context.get());
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_EQ(Metric("warden_streams_watched"), 1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Eventually([&] { return Metric("warden_streams_watched") == 0; }));
  EXPECT_EQ(Ended("BidiStream"), 0);
}

// The token expires while the stream goes on, and a second stream with a short one is the clock.
void ExpectOutlived(const std::function<std::unique_ptr<grpc::ClientContext>()>& context,
                    v1::Probe::Stub& stub) {
  const auto held = context();
  const auto stream = stub.BidiStream(held.get());
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  absl::SleepFor(absl::Seconds(2));  // past the end; there is nothing to wait for
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_P(StreamExpiryTest, GraceLetsItGoOn) {
  Start("streams:\n  expiry_grace: 3600s\n");
  ExpectOutlived([this] { return Context(absl::Seconds(1)); }, *stub_);
}

TEST_P(StreamExpiryTest, StreamsCanBeLetOutliveTheirCredentials) {
  Start("streams:\n  insecure_outlive_credentials: true\n");
  ExpectOutlived([this] { return Context(absl::Seconds(1)); }, *stub_);
}

INSTANTIATE_TEST_SUITE_P(Apis, StreamExpiryTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
