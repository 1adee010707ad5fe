// Limits beyond the simple ones: several at once, all keys, windows, costs, calls in flight, and
// quotas of streams. Handlers are counted, not only statuses.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/key_world.h"
#include "tests/e2e/limited_service.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using v1::LimitedRequest;

constexpr char kLimitsPolicy[] = R"(
roles:
  caller: {permissions: [probe.call]}
  admin: {permissions: [probe.call, probe.admin, probe.audit]}
  nobody: {permissions: [limited.never]}
bindings:
  - {roles: [caller], claim: {path: roles, values: [caller]}}
)";

const Refused kTooManyAtOnce = {grpc::StatusCode::RESOURCE_EXHAUSTED, "CONCURRENCY_LIMITED",
                                "concurrency_limited"};
const Refused kTooOften = {grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED",
                           "connection_limited"};

std::string Method(const std::string& name) { return "/warden.testing.v1.Limited/" + name; }

class LimitsTest : public ::testing::TestWithParam<Api> {
 protected:
  void Start(const std::string& config = "") {
    service_ = MakeLimited(GetParam(), &calls_);
    world_ = std::make_unique<KeyWorld>(WorldOptions{
        .api = GetParam(),
        .policy = kLimitsPolicy,
        .extra_config = config,
        .customize = [this](ServerBuilder& builder) { builder.RegisterService(service_.get()); }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void TearDown() override { calls_.Release(); }

  std::string Caller(const std::string& name, const nlohmann::json& org = nullptr) {
    return world_->Token(name, {"caller"}, [&](nlohmann::json& claims) {
      if (!org.is_null()) claims["org"]["id"] = org;
    });
  }
  RawCall Call(const std::string& method, const std::string& token,
               const std::string& body = "") const {
    RawCall call = World::Call("", token, body);
    call.method = Method(method);
    return call;
  }
  Answer Send(const std::string& method, const std::string& token, const std::string& body = "") {
    return Perform(world_->channel(), Call(method, token, body));
  }
  // How many of so many calls were let through; the others must have been refused by a limit.
  int Admitted(int times, const std::string& method, const std::string& token,
               const std::string& body = "") {
    const int before = calls_.runs;
    int admitted = 0;
    for (int i = 0; i < times; ++i) {
      const Answer answer = Send(method, token, body);
      if (answer.ok()) ++admitted;
      if (!answer.ok()) EXPECT_EQ(answer.reason, "RATE_LIMITED") << answer.text;
    }
    EXPECT_EQ(calls_.runs - before, admitted) << "handlers ran for what was let through, no more";
    return admitted;
  }
  void ExpectRefused(const std::string& method, const Answer& answer, const Refused& as) {
    EXPECT_EQ(answer.code, as.code);
    EXPECT_EQ(answer.reason, as.reason) << answer.text;
    EXPECT_GE(world_->Decisions(Method(method), as.label), 1);
  }

  LimitedCalls calls_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<KeyWorld> world_;
};

std::string Sized(int size) {
  LimitedRequest request;
  request.mutable_page()->set_size(size);
  return request.SerializeAsString();
}

std::string OfBytes(size_t bytes) {
  LimitedRequest request;
  request.set_text(std::string(bytes, 'x'));
  while (request.ByteSizeLong() > bytes) request.mutable_text()->pop_back();
  return request.SerializeAsString();
}

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
  EXPECT_EQ(world_->Metrics()["warden_rate_limited_total{method=\"" + Method("ByTenant") +
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
  const std::string name = "warden_limiter_decisions_total{limit=\"" + Method("Twice");
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

TEST_P(LimitsTest, CallsInFlightAreBounded) {
  Start();
  world_->channel();
  std::vector<std::thread> callers;
  std::atomic<int> done{0};
  const auto hold = [&](const std::string& name) {
    callers.emplace_back([this, &done, token = Caller(name)] {
      if (Send("Hold", token).ok()) ++done;
    });
    const int wanted = static_cast<int>(callers.size());
    ASSERT_TRUE(Eventually([&] { return calls_.waiting() == wanted; }));
  };
  hold("alice");
  hold("alice");
  const Answer each = Send("Hold", Caller("alice"));
  ExpectRefused("Hold", each, kTooManyAtOnce);
  EXPECT_EQ(each.quota_subject, "principal");
  EXPECT_FALSE(each.has_retry_info) << "nobody knows";
  hold("bob");
  const Answer all = Send("Hold", Caller("carol"));
  ExpectRefused("Hold", all, kTooManyAtOnce);
  EXPECT_EQ(all.quota_subject, "method");
  EXPECT_EQ(calls_.runs, 3);
  calls_.Release();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done, 3);
  // All places are given back.
  callers.clear();
  ASSERT_TRUE(Eventually([&] { return world_->Metrics()["warden_calls_in_flight"] == 0; }));
  hold("alice");
  hold("alice");
  hold("bob");
  calls_.Release();
  for (std::thread& caller : callers) caller.join();
}

TEST_P(LimitsTest, APlaceIsGivenBackHoweverACallEnds) {
  Start();
  const std::string alice = Caller("alice");
  LimitedRequest good;
  good.set_text("good");
  for (int i = 0; i < 5; ++i) {
    // After the place was taken: by access, by another limit, by the body, and not at all.
    EXPECT_EQ(Send("Denied", alice).reason, "PERMISSION_DENIED");
    EXPECT_EQ(Send("Spent", alice).reason, i < 2 ? "" : "RATE_LIMITED");
    EXPECT_EQ(Send("Checked", alice).reason, "PERMISSION_DENIED");
    EXPECT_EQ(Send("Checked", alice, "\xff\xff").reason, "REQUEST_MALFORMED");
    ASSERT_TRUE(Eventually([&] {
      return Send("Checked", alice, good.SerializeAsString()).reason != "CONCURRENCY_LIMITED";
    }));
  }
  EXPECT_EQ(world_->Decisions(Method("Denied"), "concurrency_limited"), 0);
  EXPECT_EQ(world_->Decisions(Method("Spent"), "concurrency_limited"), 0);
  // A client that goes away.
  const auto stub = v1::Limited::NewStub(world_->channel());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Eventually([&] {
      const int before = calls_.runs;
      grpc::ClientContext context;
      context.AddMetadata("authorization", "Bearer " + alice);
      const auto stream = stub->HoldStream(&context);
      stream->Write(LimitedRequest());
      const bool began = Eventually([&] {
        return calls_.runs > before ||
               world_->Decisions(Method("HoldStream"), "concurrency_limited") > 0;
      });
      const bool ran = calls_.runs > before;
      if (ran) EXPECT_EQ(Send("HoldStream", alice).reason, "CONCURRENCY_LIMITED");
      context.TryCancel();
      stream->Finish();
      return began && ran;
    })) << i;
  }
}

TEST_P(LimitsTest, AStreamThatTakesTooMuchEnds) {
  Start();
  const std::string alice = Caller("alice");
  const auto stream = [&](const std::string& method, int messages, size_t bytes) {
    RawCall call = Call(method, alice);
    call.messages.assign(static_cast<size_t>(messages), OfBytes(bytes));
    return Perform(world_->channel(), call);
  };
  struct Case {
    const char* method;
    int fits;
    size_t bytes;
  };
  for (const Case& one :
       {Case{"FewMessages", 3, 10}, {"FewBytes", 4, 250}, {"SlowMessages", 4, 1}}) {
    SCOPED_TRACE(one.method);
    calls_.messages = 0;
    EXPECT_TRUE(stream(one.method, one.fits, one.bytes).ok());
    EXPECT_EQ(calls_.messages, one.fits);
    calls_.messages = 0;
    const Answer ended = stream(one.method, one.fits + 3, one.bytes);
    EXPECT_EQ(ended.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(ended.text, HasSubstr("quota"));
    ASSERT_TRUE(Eventually([&] { return world_->Metrics()["warden_calls_in_flight"] == 0; }));
    EXPECT_LE(calls_.messages, one.fits) << "what is too much reaches no handler";
    EXPECT_EQ(world_->Metrics()[absl::StrCat("warden_streams_ended_total{method=\"",
                                             Method(one.method), "\",reason=\"stream_quota\"}")],
              1);
  }
}

TEST_P(LimitsTest, AStreamThatIsTooOldEnds) {
  for (const char* config : {"", "streams: {insecure_outlive_credentials: true}\n"}) {
    Start(config);
    const auto stub = v1::Limited::NewStub(world_->channel());
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + Caller("alice"));
    const auto stream = stub->ShortLived(&context);
    v1::LimitedReply reply;
    const absl::Time begin = absl::Now();
    EXPECT_FALSE(stream->Read(&reply));
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_GE(absl::Now() - begin, absl::Milliseconds(250));
    EXPECT_EQ(world_->Metrics()["warden_streams_ended_total{method=\"" + Method("ShortLived") +
                                "\",reason=\"stream_quota\"}"],
              1);
  }
}

TEST_P(LimitsTest, AConnectionIsLimitedBeforeItsTokensAreLookedAt) {
  Start(
      "limits:\n  connection:\n"
      "    - {requests: 5, per: 86400s, key: [PEER]}\n"
      "    - {requests: 2, per: 86400s, key: [ADDRESS, METHOD], algorithm: FIXED_WINDOW}\n");
  // Garbage counts, and so nobody can make the server verify without end.
  EXPECT_EQ(Send("Cheap", "garbage").reason, "CREDENTIALS_INVALID");
  EXPECT_EQ(Send("Cheap", Caller("alice")).reason, "");
  const double tokens =
      world_->Metrics()["warden_stage_duration_seconds_count{stage=\"credential\"}"];
  const Answer refused = Send("Cheap", "garbage");
  ExpectRefused("Cheap", refused, kTooOften);
  EXPECT_EQ(refused.quota_subject, "address+method");
  EXPECT_EQ(refused.text, "too many requests");
  EXPECT_EQ(world_->Metrics()["warden_stage_duration_seconds_count{stage=\"credential\"}"], tokens);
  // Another method is counted apart, but the peer is the same: nothing was charged by the refusal.
  EXPECT_EQ(Send("Dear", Caller("alice")).reason, "");
  EXPECT_EQ(Send("Dear", Caller("alice")).reason, "");
  EXPECT_EQ(Send("Dear", Caller("bob")).quota_subject, "address+method");
  EXPECT_EQ(Send("Sliding", Caller("alice")).reason, "");
  EXPECT_EQ(Send("Fixed", Caller("alice")).quota_subject, "peer");
  const Certificate other = world_->Identity("spiffe://probe.test/other");
  EXPECT_TRUE(Perform(world_->Connect(&other), Call("Fixed", Caller("alice"))).ok());
  EXPECT_EQ(calls_.runs, 5);
}

TEST_P(LimitsTest, AnswersSayWhatIsLeftWhereAsked) {
  Start("limits: {trailers: ALWAYS}\n");
  const Answer first = Send("Twice", Caller("alice"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first.Trailer("ratelimit-limit"), "2, 2;w=86400");
  EXPECT_EQ(first.Trailer("ratelimit-remaining"), "1");
  EXPECT_EQ(first.Trailer("retry-after"), "");
  int64_t reset = 0;
  EXPECT_TRUE(absl::SimpleAtoi(first.Trailer("ratelimit-reset"), &reset));
  EXPECT_GT(reset, 43'000);
  EXPECT_LE(reset, 43'200);
  EXPECT_EQ(Send("Twice", Caller("bob")).Trailer("ratelimit-remaining"), "1");
  const Answer last = Send("Twice", Caller("bob"));
  EXPECT_EQ(last.Trailer("ratelimit-remaining"), "0");
  const Answer refused = Send("Twice", Caller("carol"));
  EXPECT_EQ(refused.Trailer("ratelimit-limit"), "3, 5;w=3600;burst=3");
  EXPECT_EQ(refused.Trailer("ratelimit-remaining"), "0");
  int64_t retry = 0;
  EXPECT_TRUE(absl::SimpleAtoi(refused.Trailer("retry-after"), &retry));
  EXPECT_EQ(retry, absl::ToInt64Seconds(absl::Ceil(refused.retry_after, absl::Seconds(1))));
  EXPECT_EQ(Send("Hold", "garbage").Trailer("ratelimit-limit"), "") << "no limit was asked";
}

TEST_P(LimitsTest, AnswersSaySoOnlyWhenRefusedByDefault) {
  Start();
  EXPECT_EQ(Send("Cheap", Caller("alice")).Trailer("ratelimit-limit"), "");
  EXPECT_EQ(Admitted(9, "Cheap", Caller("alice")), 9);
  EXPECT_EQ(Send("Cheap", Caller("alice")).Trailer("ratelimit-limit"), "10, 10;w=86400");
}

TEST_P(LimitsTest, AnswersNeverSaySoWhereOff) {
  Start("limits: {trailers: NEVER}\n");
  EXPECT_EQ(Admitted(10, "Cheap", Caller("alice")), 10);
  const Answer refused = Send("Cheap", Caller("alice"));
  EXPECT_EQ(refused.reason, "RATE_LIMITED");
  EXPECT_EQ(refused.Trailer("ratelimit-limit"), "");
  EXPECT_EQ(refused.Trailer("retry-after"), "");
  EXPECT_TRUE(refused.has_retry_info);
}

TEST_P(LimitsTest, WhatIsOnlyWatchedGoesOn) {
  Start("enforcement: {rate_limit: OBSERVE}\n");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Send("ByField", Caller("alice"), Sized(9)).ok());
  EXPECT_EQ(world_->Metrics()["warden_observed_refusals_total{method=\"" + Method("ByField") +
                              "\",reason=\"rate_limited\"}"],
            4);
}

TEST(LimitsStartTest, WhatCannotHoldStopsTheStart) {
  LimitedCalls calls;
  const auto service = MakeLimited(Api::kSync, &calls);
  KeyWorld world(
      {.policy = kLimitsPolicy,
       .extra_config = "limits:\n  connection:\n"
                       "    - {requests: 0, per: 0s, key: [PRINCIPAL]}\n"
                       "    - {requests: 1, per: 1s, key: [PEER], cost: {bytes: 5}}\n",
       .customize = [&](ServerBuilder& builder) { builder.RegisterService(service.get()); }});
  const std::string error(world.Start().message());
  EXPECT_THAT(error, HasSubstr("limits.connection[0]: requests: must be at least 1"));
  EXPECT_THAT(error, HasSubstr("limits.connection[0]: per: must be 1 ms to 30 days, is 0"));
  EXPECT_THAT(error, HasSubstr("limits.connection[0]: key: must be PEER, ADDRESS or METHOD"));
  EXPECT_THAT(error, HasSubstr("limits.connection[1]: cost: only `fixed`"));
}

INSTANTIATE_TEST_SUITE_P(Apis, LimitsTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
