// Streams do not outlive their API keys.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "tests/e2e/key_world.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

class ApiKeyStreamTest : public ::testing::TestWithParam<Api> {
 protected:
  // Opens a stream, lets `end` do its work, and waits for the server to end it.
  grpc::Status EndedBy(const std::string& key, const std::function<void()>& end) {
    EXPECT_TRUE(world_.Start().ok());
    const auto stub = v1::Probe::NewStub(world_.channel());
    grpc::ClientContext context;
    context.AddMetadata("x-api-key", key);
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
    const auto stream = stub->BidiStream(&context);
    v1::ProbeReply reply;
    EXPECT_TRUE(stream->Write(v1::Note()));
    EXPECT_TRUE(stream->Read(&reply));
    end();
    EXPECT_FALSE(stream->Read(&reply)) << "nobody wrote";
    return stream->Finish();
  }
  void ExpectEnded(const grpc::Status& status, const std::string& reason) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
    ASSERT_FALSE(world_.sink().records().empty());
    EXPECT_EQ(world_.sink().records().back().reason, reason);
    EXPECT_EQ(world_.sink().records().back().stage, "stream");
  }

  KeyWorld world_{{.api = GetParam()}};
};

TEST_P(ApiKeyStreamTest, OneEndsWithItsKey) {
  const std::string key = world_.AddKey(
      {.id = "billing", .scopes = {"probe.call"}, .expires = absl::Now() + absl::Seconds(3)});
  ExpectEnded(EndedBy(key, [] {}), "api_key_expired");
}

TEST_P(ApiKeyStreamTest, OneEndsWhenItsKeyIsDisabled) {
  const std::string key = world_.AddKey({.id = "billing", .scopes = {"probe.call"}});
  const grpc::Status status = EndedBy(key, [this] {
    world_.Edit([](auto* keys) { return SetApiKeyDisabled("billing", true, keys); });
  });
  ExpectEnded(status, "api_key_revoked");
}

INSTANTIATE_TEST_SUITE_P(Apis, ApiKeyStreamTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
