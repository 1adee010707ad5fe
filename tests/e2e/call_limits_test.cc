// Calls in flight, quotas of streams, limits of connections, and what answers say of limits.
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

using ::testing::HasSubstr;
using v1::LimitedRequest;

class CallLimitsTest : public LimitsWorldTest {};

TEST_P(CallLimitsTest, CallsInFlightAreBounded) {
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
  ASSERT_TRUE(Idle());
  hold("alice");
  hold("alice");
  hold("bob");
  calls_.Release();
  for (std::thread& caller : callers) caller.join();
}

TEST_P(CallLimitsTest, APlaceIsGivenBackHoweverACallEnds) {
  Start();
  const std::string alice = Caller("alice");
  LimitedRequest good;
  good.set_text("good");
  for (int i = 0; i < 5; ++i) {
    // After the place was taken: by access, by another limit, by the body, and not at all.
    EXPECT_EQ(Send("Denied", alice).reason, "PERMISSION_DENIED");
    EXPECT_EQ(Send("Spent", alice).reason, i < 2 ? "" : "RATE_LIMITED");
    ASSERT_TRUE(Idle());
    EXPECT_EQ(Send("Checked", alice).reason, "PERMISSION_DENIED");
    EXPECT_EQ(Send("Checked", alice, "\xff\xff").reason, "REQUEST_MALFORMED");
    EXPECT_EQ(Send("Checked", alice, good.SerializeAsString()).reason, "");
    ASSERT_TRUE(Idle());  // a client may have its answer before the call has ended
  }
  EXPECT_EQ(Decisions("Denied", "concurrency_limited"), 0);
  EXPECT_EQ(Decisions("Spent", "concurrency_limited"), 0);
  // A client that goes away.
  const auto stub = v1::Limited::NewStub(world_->channel());
  for (int i = 0; i < 5; ++i) {
    const int before = calls_.runs;
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + alice);
    const auto stream = stub->HoldStream(&context);
    ASSERT_TRUE(Eventually([&] { return calls_.runs > before; })) << i;
    EXPECT_EQ(Send("HoldStream", alice).reason, "CONCURRENCY_LIMITED");
    context.TryCancel();
    stream->Finish();
    ASSERT_TRUE(Idle());
  }
}

TEST_P(CallLimitsTest, AStreamThatTakesTooMuchEnds) {
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
    ASSERT_TRUE(Idle());
    EXPECT_LE(calls_.messages, one.fits) << "what is too much reaches no handler";
    EXPECT_EQ(
        world_->Metrics()[absl::StrCat("warden_streams_ended_total{method=\"",
                                       LimitedMethod(one.method), "\",reason=\"stream_quota\"}")],
        1);
  }
}

TEST_P(CallLimitsTest, AStreamThatIsTooOldEnds) {
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
    EXPECT_EQ(world_->Metrics()["warden_streams_ended_total{method=\"" +
                                LimitedMethod("ShortLived") + "\",reason=\"stream_quota\"}"],
              1);
  }
}

TEST_P(CallLimitsTest, AConnectionIsLimitedBeforeItsTokensAreLookedAt) {
  Start(
      "limits:\n  connection:\n"
      "    - {requests: 5, per: 86400s, key: [PEER]}\n"
      "    - {requests: 2, per: 86400s, key: [ADDRESS, METHOD], algorithm: FIXED_WINDOW}\n");
  // Garbage counts, and so nobody can make the server verify without end.
  EXPECT_EQ(Send("Cheap", "garbage").reason, "CREDENTIALS_INVALID");
  EXPECT_EQ(Send("Cheap", Caller("alice")).reason, "");
  const double judged = Judged();
  EXPECT_EQ(judged, 2);
  const Answer refused = Send("Cheap", "garbage");
  ExpectRefused("Cheap", refused, kTooOften);
  EXPECT_EQ(refused.quota_subject, "address+method");
  EXPECT_EQ(refused.text, "too many requests");
  EXPECT_EQ(Judged(), judged);
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

TEST_P(CallLimitsTest, AnswersSayWhatIsLeftWhereAsked) {
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

TEST_P(CallLimitsTest, AnswersSaySoOnlyWhenRefusedByDefault) {
  Start();
  EXPECT_EQ(Send("Cheap", Caller("alice")).Trailer("ratelimit-limit"), "");
  EXPECT_EQ(Admitted(9, "Cheap", Caller("alice")), 9);
  EXPECT_EQ(Send("Cheap", Caller("alice")).Trailer("ratelimit-limit"), "10, 10;w=86400");
}

TEST_P(CallLimitsTest, AnswersNeverSaySoWhereOff) {
  Start("limits: {trailers: NEVER}\n");
  EXPECT_EQ(Admitted(10, "Cheap", Caller("alice")), 10);
  const Answer refused = Send("Cheap", Caller("alice"));
  EXPECT_EQ(refused.reason, "RATE_LIMITED");
  EXPECT_EQ(refused.Trailer("ratelimit-limit"), "");
  EXPECT_EQ(refused.Trailer("retry-after"), "");
  EXPECT_TRUE(refused.has_retry_info);
}

TEST_P(CallLimitsTest, WhatIsOnlyWatchedGoesOn) {
  Start("enforcement: {rate_limit: OBSERVE}\n");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Send("ByField", Caller("alice"), Sized(9)).ok());
  EXPECT_EQ(world_->Metrics()["warden_observed_refusals_total{method=\"" +
                              LimitedMethod("ByField") + "\",reason=\"rate_limited\"}"],
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

INSTANTIATE_TEST_SUITE_P(Apis, CallLimitsTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
