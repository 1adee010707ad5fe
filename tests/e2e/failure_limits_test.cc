// Limits that count failures: who fails too often is refused, and nobody else, and what succeeds is
// free. Handlers are counted, not only statuses.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/limited_service.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/door.grpc.pb.h"

namespace warden::testing {
namespace {

using v1::LogInReply;
using v1::LogInRequest;
using v1::OpenRequest;

grpc::Status StatusOf(const std::string& word) {
  if (word == "friend") return grpc::Status::OK;
  if (word == "busy") return {grpc::StatusCode::UNAVAILABLE, "later"};
  return {grpc::StatusCode::UNAUTHENTICATED, "no"};
}

#define WARDEN_VAULT(Api) \
  Api(LogIn, LogInRequest) Api(Soon, LogInRequest) Api(NoLimit, LogInRequest) Api(Open, OpenRequest)

class SyncVault final : public v1::Vault::Service {
 public:
  explicit SyncVault(LimitedCalls* calls) : calls_(calls) {}
#define WARDEN_UNARY(Method, Request)                                                    \
  grpc::Status Method(grpc::ServerContext*, const Request* request, LogInReply*) final { \
    ++calls_->runs;                                                                      \
    if (request->word() == "wait") calls_->Wait();                                       \
    return StatusOf(request->word());                                                    \
  }
  WARDEN_VAULT(WARDEN_UNARY)
#undef WARDEN_UNARY
  grpc::Status Converse(grpc::ServerContext*,
                        grpc::ServerReaderWriter<LogInReply, OpenRequest>* stream) final {
    ++calls_->runs;
    OpenRequest request;
    while (stream->Read(&request)) {
    }
    return StatusOf(request.word());
  }

 private:
  LimitedCalls* const calls_;
};

class Conversation final : public grpc::ServerBidiReactor<OpenRequest, LogInReply> {
 public:
  Conversation() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (ok) return StartRead(&request_);
    Finish(StatusOf(request_.word()));
  }
  void OnDone() override { delete this; }

 private:
  OpenRequest request_;
};

class CallbackVault final : public v1::Vault::CallbackService {
 public:
  explicit CallbackVault(LimitedCalls* calls) : calls_(calls) {}
#define WARDEN_UNARY(Method, Request)                                                            \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const Request* request, \
                                   LogInReply*) final {                                          \
    return Answer(context, request->word());                                                     \
  }
  WARDEN_VAULT(WARDEN_UNARY)
#undef WARDEN_UNARY
  grpc::ServerBidiReactor<OpenRequest, LogInReply>* Converse(grpc::CallbackServerContext*) final {
    ++calls_->runs;
    return new Conversation;
  }

 private:
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const std::string& word) {
    ++calls_->runs;
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    if (word == "wait") {
      calls_->Hold([reactor] { reactor->Finish(StatusOf("wait")); });
    } else {
      reactor->Finish(StatusOf(word));
    }
    return reactor;
  }
  LimitedCalls* const calls_;
};

using Channel = std::shared_ptr<grpc::Channel>;

class FailureLimitsTest : public ::testing::TestWithParam<Api> {
 protected:
  void Start(const std::string& config = "") {
    if (GetParam() == Api::kSync) {
      vault_ = std::make_unique<SyncVault>(&calls_);
    } else {
      vault_ = std::make_unique<CallbackVault>(&calls_);
    }
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(), .extra_config = config, .customize = [this](ServerBuilder& builder) {
          builder.RegisterService(vault_.get());
        }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void TearDown() override { calls_.Release(); }

  Channel Peer(const std::string& name) {
    const Certificate identity = world_->Identity("spiffe://probe.test/" + name);
    return world_->Connect(&identity);
  }
  std::string Good(const std::string& subject = "alice") const {
    return world_->Token(subject, {"caller"});
  }
  // A token of `subject` with another signature.
  std::string Forged(const std::string& subject = "alice") const {
    std::string token = Good(subject);
    token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
    return token;
  }
  std::string Expired() const {
    return world_->Token("alice", {"caller"}, [](nlohmann::json& claims) { claims["exp"] = 1; });
  }
  static std::string NameOf(const std::string& method) {
    return "/warden.testing.v1.Vault/" + method;
  }
  static Answer Send(const Channel& channel, const std::string& method, const std::string& word,
                     const std::string& token = "") {
    LogInRequest request;  // OpenRequest has the same field
    request.set_word(word);
    RawCall call = World::Call("", token, request.SerializeAsString());
    call.method = NameOf(method);
    return Perform(channel, call);
  }
  static void SendTimes(int times, grpc::StatusCode expected, const Channel& channel,
                        const std::string& method, const std::string& word,
                        const std::string& token = "") {
    for (int i = 0; i < times; ++i) {
      const Answer answer = Send(channel, method, word, token);
      EXPECT_EQ(answer.code, expected) << i << ": " << answer.text;
    }
  }
  // Refused for failures, so that no handler runs.
  Answer ExpectLimited(const Channel& channel, const std::string& method, const std::string& word,
                       const std::string& token = "") {
    const int runs = calls_.runs;
    const double before = Refusals(method);
    Answer answer = Send(channel, method, word, token);
    EXPECT_EQ(answer.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(answer.reason, "RATE_LIMITED") << answer.text;
    EXPECT_TRUE(answer.has_retry_info);
    EXPECT_EQ(calls_.runs, runs);
    EXPECT_EQ(Refusals(method), before + 1);
    return answer;
  }
  double Refusals(const std::string& method) const {
    return world_->Metrics()["warden_decisions_total{method=\"" + NameOf(method) +
                             "\",reason=\"failure_limited\"}"];
  }
  // Tokens that were judged, whatever came of it.
  double Judged() const {
    double sum = 0;
    for (const auto& [name, value] : world_->Metrics()) {
      if (absl::StartsWith(name, "warden_tokens_verified_total")) sum += value;
    }
    return sum;
  }

  LimitedCalls calls_;
  std::unique_ptr<grpc::Service> vault_;
  std::unique_ptr<World> world_;
};

constexpr auto kFailed = grpc::StatusCode::UNAUTHENTICATED;
constexpr auto kOk = grpc::StatusCode::OK;

TEST_P(FailureLimitsTest, FailedLogInsAreChargedAndNothingElse) {
  Start();
  const Channel guesser = Peer("guesser");
  SendTimes(2, kFailed, guesser, "LogIn", "foe");
  SendTimes(10, kOk, guesser, "LogIn", "friend");
  SendTimes(5, grpc::StatusCode::UNAVAILABLE, guesser, "LogIn", "busy");
  SendTimes(5, kFailed, guesser, "NoLimit", "foe", Good());
  EXPECT_EQ(Send(guesser, "LogIn", "foe").code, kFailed);
  EXPECT_EQ(calls_.runs, 23);
  // The right word is of no use now, and does not tell that it was right.
  const Answer wrong = ExpectLimited(guesser, "LogIn", "foe");
  const Answer right = ExpectLimited(guesser, "LogIn", "friend");
  EXPECT_EQ(right.text, wrong.text);
  EXPECT_EQ(right.quota_subject, "peer");
  EXPECT_EQ(right.Trailer("ratelimit-remaining"), "0");
  for (int i = 0; i < 20; ++i) ExpectLimited(guesser, "LogIn", "foe");
  const Answer later = ExpectLimited(guesser, "LogIn", "friend");
  EXPECT_GT(later.retry_after, absl::Hours(7));
  EXPECT_LE(later.retry_after, absl::Hours(8)) << "refusals are not charged";
  EXPECT_EQ(world_->sink().records().back().detail, "more than 3 failures per 24h");
  // Neither others nor other methods pay for it.
  SendTimes(5, kOk, Peer("victim"), "LogIn", "friend");
  SendTimes(5, kOk, guesser, "NoLimit", "friend", Good());
}

TEST_P(FailureLimitsTest, WrongTokensAreChargedAndNotEvenLookedAtThen) {
  Start();
  const Channel guesser = Peer("guesser");
  SendTimes(5, kFailed, guesser, "LogIn", "friend", Expired());
  SendTimes(1, kOk, guesser, "LogIn", "friend", Good());
  SendTimes(3, kFailed, guesser, "LogIn", "friend", Forged());
  const double judged = Judged();
  ExpectLimited(guesser, "LogIn", "friend", Good());
  ExpectLimited(guesser, "LogIn", "friend", Forged());
  ExpectLimited(guesser, "LogIn", "friend");
  EXPECT_EQ(Judged(), judged);
  SendTimes(5, kOk, Peer("victim"), "LogIn", "friend", Good());
  EXPECT_EQ(calls_.runs, 6);
  // Where a limit is each caller's, the peer stands in for who is not known.
  SendTimes(2, kFailed, guesser, "Converse", "friend", Forged());
  ExpectLimited(guesser, "Converse", "friend");
  SendTimes(1, kOk, guesser, "Converse", "friend", Good());
}

TEST_P(FailureLimitsTest, CallersPayForThemselvesAndNotForForgers) {
  Start();
  const Channel peer = Peer("gateway");
  SendTimes(5, kFailed, peer, "Open", "friend", Forged("alice"));
  SendTimes(1, kFailed, peer, "Open", "foe", Good("alice"));
  SendTimes(2, grpc::StatusCode::INVALID_ARGUMENT, peer, "Open", "far too long", Good("alice"));
  EXPECT_EQ(calls_.runs, 1);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ExpectLimited(peer, "Open", "friend", Good("alice")).quota_subject, "principal");
  }
  ExpectLimited(Peer("elsewhere"), "Open", "friend", Good("alice"));
  // What was refused took nothing of what all may call: seven of ten are left.
  SendTimes(7, kOk, peer, "Open", "friend", Good("bob"));
  const Answer answer = Send(peer, "Open", "friend", Good("bob"));
  EXPECT_EQ(answer.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.quota_subject, "method");
  EXPECT_EQ(Refusals("Open"), 21);
}

// Calls that are in flight together cannot know how the others end; what they fail too often is
// owed.
TEST_P(FailureLimitsTest, WhatIsFailedTogetherIsOwed) {
  Start();
  const Channel guesser = Peer("guesser");
  std::vector<std::thread> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back([&] { EXPECT_EQ(Send(guesser, "LogIn", "wait").code, kFailed); });
  }
  EXPECT_TRUE(Eventually([&] { return calls_.waiting() == 5; }));
  EXPECT_EQ(Send(guesser, "LogIn", "friend").code, kOk) << "nobody has failed yet";
  calls_.Release();
  for (std::thread& client : clients) client.join();
  const Answer answer = ExpectLimited(guesser, "LogIn", "friend");
  EXPECT_GT(answer.retry_after, absl::Hours(23)) << "two more than three, at eight hours each";
  EXPECT_LE(answer.retry_after, absl::Hours(24));
}

TEST_P(FailureLimitsTest, BrokenMessagesOfStreamsAreCharged) {
  Start();
  const Channel peer = Peer("peer");
  SendTimes(3, kOk, peer, "Converse", "friend");
  SendTimes(1, grpc::StatusCode::INVALID_ARGUMENT, peer, "Converse", "far too long");
  SendTimes(1, kFailed, peer, "Converse", "foe");
  EXPECT_TRUE(Eventually([&] { return !Send(peer, "Converse", "friend").ok(); }));
  EXPECT_EQ(ExpectLimited(peer, "Converse", "friend").quota_subject, "principal");
  SendTimes(1, kOk, Peer("victim"), "Converse", "friend");
}

TEST_P(FailureLimitsTest, TheConnectionPaysForAllMethods) {
  Start("limits:\n  connection:\n    - {requests: 3, per: 86400s, key: [PEER], count: FAILURES}\n");
  const Channel guesser = Peer("guesser");
  SendTimes(5, kFailed, guesser, "NoLimit", "friend", Expired());
  SendTimes(5, kOk, guesser, "NoLimit", "friend", Good());
  SendTimes(1, kFailed, guesser, "NoLimit", "friend", Forged());
  SendTimes(1, kFailed, guesser, "NoLimit", "foe", Good());
  EXPECT_EQ(Perform(guesser, World::Call("Restricted", Good())).code,
            grpc::StatusCode::PERMISSION_DENIED);
  const double judged = Judged();
  EXPECT_EQ(ExpectLimited(guesser, "NoLimit", "friend", Good()).quota_subject, "peer");
  ExpectLimited(guesser, "LogIn", "friend");
  for (const char* method : kFourKinds) {
    EXPECT_EQ(Perform(guesser, World::Call(method, Good())).reason, "RATE_LIMITED") << method;
  }
  EXPECT_EQ(Judged(), judged);
  EXPECT_EQ(world_->runs(), 0);
  EXPECT_EQ(world_->Metrics()["warden_limiter_decisions_total{limit=\"connection\",key=\"peer\","
                              "result=\"limited\"}"],
            6);
  SendTimes(5, kOk, Peer("victim"), "NoLimit", "friend", Good());
}

TEST_P(FailureLimitsTest, WhoIsOnlyWatchedGoesOn) {
  Start("enforcement: {rate_limit: OBSERVE}\n");
  const Channel guesser = Peer("guesser");
  SendTimes(5, kFailed, guesser, "LogIn", "foe");
  EXPECT_EQ(calls_.runs, 5);
  EXPECT_EQ(Refusals("LogIn"), 0);
  ASSERT_EQ(world_->sink().records().size(), 2u) << "three were free";
  EXPECT_EQ(world_->sink().records()[0].event, "observed");
  EXPECT_EQ(world_->sink().records()[0].reason, "failure_limited");
}

TEST_P(FailureLimitsTest, WhatIsRegainedMayFailAgain) {
  Start();
  const Channel guesser = Peer("guesser");
  EXPECT_EQ(Send(guesser, "Soon", "foe").code, kFailed);
  EXPECT_LE(ExpectLimited(guesser, "Soon", "friend").retry_after, absl::Seconds(4));
  EXPECT_TRUE(Eventually([&] { return Send(guesser, "Soon", "friend").ok(); }));
}

TEST_P(FailureLimitsTest, FailuresAreNotCountedInAStore) {
  World world({.extra_config = "limits:\n  connection:\n    - {requests: 3, per: 60s, key: [PEER], "
                               "count: FAILURES, store: SHARED}\n"});
  const absl::Status started = world.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.message()),
              ::testing::HasSubstr("store: must be LOCAL where FAILURES are counted"));
}

INSTANTIATE_TEST_SUITE_P(Apis, FailureLimitsTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
