// No invalid message of a stream reaches the handler: its read fails, it can see that the call was
// cancelled, and the client is told which rule of which field was broken.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "tests/e2e/upload_service.h"
#include "warden/testing/v1/messages.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using v1::Part;

constexpr const char* kStreams[] = {"/warden.testing.v1.Uploads/Upload",
                                    "/warden.testing.v1.Uploads/Chat"};

Part Good(int number) {
  Part part;
  part.set_name(absl::StrCat("p", number % 1000));
  return part;
}

Part Bad() {
  Part part;
  part.set_name("planted-value");
  return part;
}

// Sees what interceptors of a user's own see.
class Eavesdropper final : public grpc::experimental::Interceptor {
 public:
  explicit Eavesdropper(std::atomic<int>* heard) : heard_(heard) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() != nullptr &&
        static_cast<Part*>(methods->GetRecvMessage())->name().size() > 8) {
      ++*heard_;
    }
    methods->Proceed();
  }

 private:
  std::atomic<int>* const heard_;
};

class EavesdropperFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit EavesdropperFactory(std::atomic<int>* heard) : heard_(heard) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new Eavesdropper(heard_);
  }

 private:
  std::atomic<int>* const heard_;
};

class StreamRulesTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override { Start(false); }

  void Start(bool eavesdrop) {
    world_ = nullptr;
    service_ = MakeUploads(GetParam(), &uploaded_);
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(), .customize = [this, eavesdrop](ServerBuilder& builder) {
          builder.RegisterService(service_.get());
          if (!eavesdrop) return;
          std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> own;
          own.push_back(std::make_unique<EavesdropperFactory>(&heard_));
          builder.grpc_builder().experimental().SetInterceptorCreators(std::move(own));
        }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
    token_ = world_->Token("alice", {"caller"}, [](nlohmann::json& claims) {
      claims["exp"] = absl::ToUnixSeconds(absl::Now() + absl::Hours(1));
    });
  }
  Answer Send(const std::string& method, const std::vector<Part>& parts) {
    RawCall call = World::Call("", token_);
    call.method = method;
    call.messages.clear();
    for (const Part& part : parts) call.messages.push_back(part.SerializeAsString());
    return Perform(world_->channel(), call);
  }
  double Metric(const std::string& name) {
    const auto metrics = world_->Metrics();
    const auto found = metrics.find(name);
    return found == metrics.end() ? 0 : found->second;
  }
  void ExpectAllEnded() {
    EXPECT_TRUE(Eventually([this] { return uploaded_.unfinished == 0; }));
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }));
  }

  std::atomic<int> heard_{0};
  Uploaded uploaded_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<World> world_;
  std::string token_;
};

TEST_P(StreamRulesTest, StreamsThatKeepTheRulesPass) {
  for (const char* method : kStreams) {
    const Answer answer = Send(method, {Good(1), Good(2), Good(3)});
    EXPECT_TRUE(answer.ok()) << answer.text;
    EXPECT_THAT(answer.replies, Not(IsEmpty()));
    EXPECT_TRUE(Send(method, {}).ok()) << "an empty stream";
  }
  ExpectAllEnded();
  EXPECT_EQ(uploaded_.delivered, 6);
  EXPECT_EQ(uploaded_.committed, 4);
  EXPECT_EQ(uploaded_.cancelled, 0);
  EXPECT_THAT(world_->sink().records(), IsEmpty());
}

TEST_P(StreamRulesTest, TheReadOfAnInvalidMessageFails) {
  int streams = 0;
  int delivered = 0;
  for (const std::string method : kStreams) {
    for (int position = 0; position < 4; ++position) {
      SCOPED_TRACE(absl::StrCat(method, " ", position));
      std::vector<Part> parts = {Good(1), Good(2), Good(3)};
      parts.insert(parts.begin() + position, Bad());
      const Answer answer = Send(method, parts);
      ++streams;
      delivered += position;
      EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_THAT(answer.text, AllOf(StartsWith("the request is not valid: name "),
                                     HasSubstr("[string.max_len]")));
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("planted")));
      ExpectAllEnded();
      EXPECT_EQ(uploaded_.begun, streams);
      EXPECT_EQ(uploaded_.delivered, delivered);
      EXPECT_EQ(uploaded_.cancelled, streams);
      const std::vector<RefusalRecord> records = world_->sink().records();
      ASSERT_EQ(records.size(), static_cast<size_t>(streams));
      EXPECT_EQ(records.back().method, method);
      EXPECT_EQ(records.back().reason, "request_invalid");
      EXPECT_EQ(records.back().stage, "stream");
      EXPECT_EQ(records.back().principal, "alice");
      EXPECT_EQ(records.back().detail, "name [string.max_len]");
    }
    EXPECT_EQ(Metric(absl::StrCat("warden_streams_ended_total{method=\"", method,
                                  "\",reason=\"request_invalid\"}")),
              4);
    EXPECT_EQ(Metric(absl::StrCat("warden_rule_violations_total{method=\"", method,
                                  "\",rule=\"string.max_len\"}")),
              4);
    EXPECT_EQ(Metric(absl::StrCat("warden_decisions_total{method=\"", method, "\",reason=\"ok\"}")),
              4);
  }
  EXPECT_EQ(uploaded_.invalid, 0);
  EXPECT_EQ(uploaded_.committed, 0);
  EXPECT_EQ(uploaded_.left_over, 0);
  EXPECT_EQ(uploaded_.read_again, 0);
  EXPECT_EQ(Metric("warden_calls_in_flight"), 0);
}

TEST_P(StreamRulesTest, TheClientLearnsWhichFieldsBrokeWhichRules) {
  Part part = Good(1);
  *part.add_parts() = Good(2);
  part.add_parts()->set_secret("planted-value");
  const Answer answer = Send(kStreams[0], {part});
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.text, AllOf(HasSubstr("parts[1].name "), HasSubstr("[string.min_len]"),
                                 HasSubstr("parts[1].secret "), HasSubstr("[string.max_len]")));
  EXPECT_THAT(answer.Everything(), Not(HasSubstr("planted")));
}

TEST_P(StreamRulesTest, TheTextOfManyViolationsIsBounded) {
  Part part = Good(1);
  for (int i = 0; i < 1000; ++i) part.add_parts();
  const Answer answer = Send(kStreams[1], {part});
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_LE(answer.text.size(), kMaxStreamText);
  EXPECT_THAT(answer.text, ::testing::EndsWith("; ..."));
}

// The client waits for the answer and does not end its stream.
TEST_P(StreamRulesTest, AStreamThatGoesOnIsEnded) {
  const auto stub = v1::Uploads::NewStub(world_->channel());
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token_);
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  const auto stream = stub->Chat(&context);
  Part reply;
  ASSERT_TRUE(stream->Write(Good(1)));
  ASSERT_TRUE(stream->Read(&reply));
  ASSERT_TRUE(stream->Write(Bad()));
  EXPECT_FALSE(stream->Read(&reply));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  ExpectAllEnded();
  EXPECT_EQ(uploaded_.cancelled, 1);
}

TEST_P(StreamRulesTest, InterceptorsOfTheUsersDoNotSeeInvalidMessagesEither) {
  Start(true);
  for (const char* method : kStreams) {
    EXPECT_EQ(Send(method, {Good(1), Bad()}).code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_TRUE(Send(method, {Good(1), Good(2)}).ok());
  }
  ExpectAllEnded();
  EXPECT_EQ(heard_, 0);
  EXPECT_EQ(uploaded_.invalid, 0);
  EXPECT_EQ(uploaded_.cancelled, 2);
  EXPECT_EQ(uploaded_.committed, 2);
}

TEST_P(StreamRulesTest, StreamsWithoutRulesAreLeftAlone) {
  RawCall call = World::Call("", token_);
  call.method = "/warden.testing.v1.Uploads/Plain";
  call.messages.assign(5, "");
  EXPECT_TRUE(Perform(world_->channel(), call).ok());
}

// Many streams at once, by four clients; each third one has an invalid message at some place.
// WARDEN_TEST_STREAMS of each method: scripts/soak-streams.sh.
TEST_P(StreamRulesTest, OfManyStreamsNoneDeliversAnInvalidMessage) {
  int streams = 600;
  if (const char* wanted = std::getenv("WARDEN_TEST_STREAMS"); wanted != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(wanted, &streams));
  }
  std::atomic<int> wrong{0}, refused{0};
  const auto client = [&](int number) {
    for (int i = number; i < streams; i += 4) {
      for (const char* method : kStreams) {
        std::vector<Part> parts = {Good(i), Good(i), Good(i), Good(i)};
        const bool bad = i % 3 == 0;
        if (bad) parts[static_cast<size_t>(i / 3) % 4] = Bad();
        const Answer answer = Send(method, parts);
        if (bad) ++refused;
        if (answer.code != (bad ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::OK)) {
          ++wrong;
        }
      }
    }
  };
  world_->channel();  // made before it is shared
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(client, i);
  for (std::thread& thread : clients) thread.join();
  ExpectAllEnded();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(uploaded_.begun, 2 * streams);
  EXPECT_EQ(uploaded_.invalid, 0);
  EXPECT_EQ(uploaded_.left_over, 0);
  EXPECT_EQ(uploaded_.read_again, 0);
  EXPECT_EQ(uploaded_.cancelled, refused);
  EXPECT_EQ(uploaded_.committed, 2 * streams - refused);
  EXPECT_EQ(world_->sink().records().size(), static_cast<size_t>(refused));
}

INSTANTIATE_TEST_SUITE_P(Apis, StreamRulesTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
