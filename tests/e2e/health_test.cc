// The health service of gRPC, and how a server stops.
#include <gmock/gmock.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/guard.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "tests/support/http_ask.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kProbe[] = "warden.testing.v1.Probe";
constexpr char kNamed[] =
    "unguarded_methods: [/grpc.health.v1.Health/Check, /grpc.health.v1.Health/Watch]\n";

// HealthCheckRequest{service}.
std::string Request(const std::string& service) {
  if (service.empty()) return "";
  return absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
}

std::string StatusIn(const std::string& response) {
  if (response == std::string("\x08\x01")) return "SERVING";
  if (response == std::string("\x08\x02")) return "NOT_SERVING";
  if (response == std::string("\x08\x03")) return "SERVICE_UNKNOWN";
  return "no status: " + response;
}

// A call of Watch, read by hand.
class Watching {
 public:
  Watching(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const grpc::Slice slice(Request(service));
    request_ = grpc::ByteBuffer(&slice, 1);
    const grpc::internal::RpcMethod method(kWatch, grpc::internal::RpcMethod::SERVER_STREAMING);
    reader_.reset(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
        channel.get(), method, &context_, request_));
  }
  // "" at the end.
  std::string Next() {
    grpc::ByteBuffer message;
    if (!reader_->Read(&message)) return "";
    grpc::Slice slice;
    if (!message.DumpToSingleSlice(&slice).ok()) return "unreadable";
    return StatusIn(std::string(reinterpret_cast<const char*>(slice.begin()), slice.size()));
  }
  grpc::StatusCode End() { return reader_->Finish().error_code(); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader_;
};

class HealthTest : public ::testing::Test {
 protected:
  void Start(const std::string& config = "",
             std::vector<std::pair<std::string, std::string>> edit = {}) {
    world_.emplace(WorldOptions{
        .extra_config =
            absl::StrCat(kNamed, "admin: {address: '127.0.0.1:0', drain: 60s}\n", config),
        .edit_config = std::move(edit),
        .customize = [](ServerBuilder& builder) { builder.ServeHealth(); }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  std::string Check(const std::string& service) {
    const Answer answer =
        Perform(world_->channel(), {.method = kCheck, .messages = {Request(service)}});
    if (!answer.ok()) return absl::StrCat("code ", answer.code);
    return answer.replies.size() == 1 ? StatusIn(answer.replies[0]) : "no reply";
  }
  int ReadyStatus() {
    return AskHttp({.port = world_->server().admin_port(), .path = "/readyz"}).status;
  }

  std::optional<World> world_;
};

TEST(HealthStart, MustBeNamedAndServedOnce) {
  World unnamed({.customize = [](ServerBuilder& builder) { builder.ServeHealth(); }});
  const std::string message(unnamed.Start().message());
  EXPECT_THAT(message, HasSubstr(kCheck));
  EXPECT_THAT(message, HasSubstr(kWatch));
  EXPECT_THAT(message, HasSubstr("unguarded_methods"));
  grpc::EnableDefaultHealthCheckService(true);
  World twice(
      {.extra_config = kNamed, .customize = [](ServerBuilder& builder) { builder.ServeHealth(); }});
  const std::string doubled(twice.Start().message());
  grpc::EnableDefaultHealthCheckService(false);
  EXPECT_THAT(doubled, HasSubstr("served twice"));
}

TEST_F(HealthTest, CheckKnowsTheServerAndItsServices) {
  Start();
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_EQ(Check(kProbe), "SERVING");
  EXPECT_EQ(Check("shop.v1.Other"), absl::StrCat("code ", grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(Check("grpc.health.v1.Health"), absl::StrCat("code ", grpc::StatusCode::NOT_FOUND));
  for (const char* malformed : {"\x0a\x05x", "\x0a", "\xff\xff\xff", "\x0b"}) {
    EXPECT_EQ(Perform(world_->channel(), {.method = kCheck, .messages = {malformed}}).code,
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_EQ(
      Perform(world_->channel(), {.method = kCheck, .messages = {std::string(5000, 'x')}}).code,
      grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(world_->runs(), 0);
}

TEST_F(HealthTest, IsBehindMutualTlsAndOpensNothingElse) {
  Start();
  EXPECT_EQ(Perform(world_->Connect(nullptr), {.method = kCheck, .messages = {""}}).code,
            grpc::StatusCode::UNAVAILABLE);
  const Counted before(*world_);
  before.ExpectRefused("Unary", Perform(world_->channel(), World::Call("Unary", "")),
                       kNoCredentials);
}

TEST_F(HealthTest, WatchTellsEachChange) {
  Start();
  Watching server(world_->channel(), "");
  Watching probe(world_->channel(), kProbe);
  Watching unknown(world_->channel(), "shop.v1.Other");
  EXPECT_EQ(server.Next(), "SERVING");
  EXPECT_EQ(probe.Next(), "SERVING");
  EXPECT_EQ(unknown.Next(), "SERVICE_UNKNOWN");
  EXPECT_TRUE(world_->server().SetServing(kProbe, false));
  EXPECT_FALSE(world_->server().SetServing("shop.v1.Other", false));
  EXPECT_EQ(probe.Next(), "NOT_SERVING");
  EXPECT_EQ(Check(kProbe), "NOT_SERVING");
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_TRUE(world_->server().SetServing(kProbe, true));
  EXPECT_EQ(probe.Next(), "SERVING");
  world_->server().guard().health()->Add("audit", [] {
    return HealthFinding{HealthState::kFailed, ""};
  });
  EXPECT_EQ(server.Next(), "NOT_SERVING") << "nobody announced it";
  EXPECT_EQ(probe.Next(), "NOT_SERVING");
  unknown.Cancel();
  EXPECT_EQ(unknown.Next(), "");
  EXPECT_EQ(unknown.End(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthTest, FollowsTheKeySets) {
  Start("", {{"jwks_file: jwks.json",
              "jwks_file: jwks.json\n      refresh: {min_interval: 100ms, max_age: 500ms}"}});
  Watching server(world_->channel(), "");
  EXPECT_EQ(server.Next(), "SERVING");
  std::filesystem::rename(world_->folder() / "jwks.json", world_->folder() / "away.json");
  EXPECT_EQ(server.Next(), "NOT_SERVING");
  std::filesystem::rename(world_->folder() / "away.json", world_->folder() / "jwks.json");
  EXPECT_EQ(server.Next(), "SERVING");
}

TEST_F(HealthTest, WatchesAreBounded) {
  Start();
  std::vector<std::unique_ptr<Watching>> watches;
  for (int i = 0; i < 1024; ++i) {
    watches.push_back(std::make_unique<Watching>(world_->channel(), ""));
    ASSERT_EQ(watches.back()->Next(), "SERVING") << i;
  }
  Watching more(world_->channel(), "");
  EXPECT_EQ(more.Next(), "");
  EXPECT_EQ(more.End(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Check(""), "SERVING");
}

// Not ready at once, serving all the same, until the wait ends; then streams have until the
// deadline.
TEST_F(HealthTest, DrainServesUntilItShutsDown) {
  Start();
  Watching server(world_->channel(), "");
  EXPECT_EQ(server.Next(), "SERVING");
  EXPECT_EQ(ReadyStatus(), 200);
  const std::string token = world_->Token("alice", {"caller"});
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  const auto stub = v1::Probe::NewStub(world_->channel());
  const auto stream = stub->BidiStream(&context);
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));

  std::thread drain([&] { world_->server().Drain(absl::Seconds(20)); });
  EXPECT_EQ(server.Next(), "NOT_SERVING");
  EXPECT_EQ(ReadyStatus(), 503);
  EXPECT_EQ(Check(""), "NOT_SERVING");
  EXPECT_EQ(Check(kProbe), "NOT_SERVING");
  EXPECT_EQ(AskHttp({.port = world_->server().admin_port(), .path = "/healthz"}).status, 200);
  const int runs = world_->runs();
  EXPECT_TRUE(Perform(world_->channel(), World::Call("Unary", token)).ok());
  EXPECT_EQ(world_->runs(), runs + 1) << "calls are served while it drains";

  // Somebody is in a hurry: the wait of a minute ends, the stream has twenty seconds.
  std::thread hurry([&] { world_->server().Shutdown(absl::Now() + absl::Seconds(20)); });
  EXPECT_EQ(server.Next(), "") << "watches end with the shutdown";
  EXPECT_EQ(server.End(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(stream->Write(v1::Note())) << "the stream goes on";
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_TRUE(stream->WritesDone());
  while (stream->Read(&reply)) {
  }
  EXPECT_TRUE(stream->Finish().ok()) << "and ends by itself";
  hurry.join();
  drain.join();
  world_->server().Wait();
}

TEST_F(HealthTest, WhoDoesNotEndIsCancelledAtTheDeadline) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + world_->Token("alice", {"caller"}));
  const auto stub = v1::Probe::NewStub(world_->channel());
  const auto stream = stub->BidiStream(&context);
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  world_->server().Shutdown(absl::Now() + absl::Milliseconds(100));
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_EQ(ReadyStatus(), 503) << "the admin port outlives the gRPC server";
}

}  // namespace
}  // namespace warden::testing
