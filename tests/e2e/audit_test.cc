// What the audit log of a real server has.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/e2e/audit_world.h"
#include "tests/e2e/counted.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::EndsWith;

using AuditTest = AuditWorldTest;

TEST_P(AuditTest, EveryKindOfCallThatIsLetThroughIsRecorded) {
  Start();
  for (const char* method : kFourKinds) {
    const Answer answer = Send(method);
    ASSERT_TRUE(answer.ok()) << answer.text;
    const std::vector<AuditRecord> calls =
        Calls(static_cast<size_t>(std::find(std::begin(kFourKinds), std::end(kFourKinds), method) -
                                  std::begin(kFourKinds)) +
              1);
    const AuditRecord& record = calls.back();
    EXPECT_EQ(record.event(), "decision");
    EXPECT_EQ(record.decision(), "allowed");
    EXPECT_EQ(record.reason(), "ok");
    EXPECT_EQ(record.stage(), "admitted");
    EXPECT_EQ(record.method(), absl::StrCat("/warden.testing.v1.Probe/", method));
    EXPECT_EQ(record.principal(), "alice");
    EXPECT_EQ(record.issuer(), kIssuer);
    EXPECT_EQ(record.peer(), "spiffe://probe.test/client");
    EXPECT_EQ(record.certificate_sha256().size(), 64u);
    EXPECT_EQ(record.address(), "127.0.0.1");
    EXPECT_EQ(record.token_id(), "token-17");
    EXPECT_EQ(record.decided_by(), "probe.call by role caller");
    EXPECT_EQ(record.policy().size(), 64u);
    EXPECT_EQ(record.request_id(), answer.Trailer("x-request-id"));
    EXPECT_GT(record.duration_us(), 0);
  }
  EXPECT_EQ(world_->runs(), 4);
  ExpectWhole();
}

TEST_P(AuditTest, RefusalsOfEachStageAreRecorded) {
  Start("allowed: NONE");
  std::vector<std::string> ids;
  const auto refused = [&](const Answer& answer) {
    EXPECT_FALSE(answer.ok());
    ids.push_back(answer.Trailer("x-request-id"));
  };
  refused(Perform(world_->channel(), World::Call("Unary", "")));
  refused(Perform(world_->channel(), World::Call("Unary", "not-a-token")));
  refused(Send("Restricted"));
  refused(Send("Checked"));
  refused(Perform(world_->channel(), {.method = "/no.such/Method", .messages = {""}}));
  const Certificate stranger = world_->Identity("spiffe://elsewhere.test/x");
  refused(Perform(world_->Connect(&stranger), World::Call("ClientStream", "")));
  ASSERT_TRUE(Send("Unary").ok()) << "and is not recorded";
  const std::vector<AuditRecord> calls = Calls(6);
  const std::pair<const char*, const char*> expected[] = {
      {"credentials_missing", "authorize"}, {"token_malformed", "credential"},
      {"permission_denied", "authorize"},   {"request_invalid", "validate"},
      {"method_unknown", "admission"},      {"peer_not_trusted", "identity"}};
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].decision(), "denied");
    EXPECT_EQ(calls[i].reason(), expected[i].first);
    EXPECT_EQ(calls[i].stage(), expected[i].second);
    EXPECT_EQ(calls[i].request_id(), ids[i]);
    EXPECT_EQ(calls[i].decided_by(), "");
  }
  EXPECT_EQ(calls[1].principal(), "") << "nobody was verified";
  EXPECT_EQ(calls[1].token_id(), "");
  EXPECT_EQ(calls[2].detail(), "lacks probe.admin");
  EXPECT_EQ(calls[2].principal(), "alice");
  EXPECT_EQ(calls[4].method(), "unknown");
  EXPECT_EQ(world_->runs(), 1);
  EXPECT_EQ(world_->sink().records().size(), 6u) << "the log of refusals stays as it is";
}

TEST_P(AuditTest, WhoDecidedIsNamed) {
  Start();
  ASSERT_TRUE(Perform(world_->channel(), World::Call("Public", "")).ok());
  ASSERT_TRUE(Send("Authenticated").ok());
  ASSERT_TRUE(Send("Restricted", {"caller", "admin"}).ok());
  ASSERT_TRUE(Send("AnyOf", {"admin"}).ok());
  const std::vector<AuditRecord> calls = Calls(4);
  EXPECT_EQ(calls[0].decided_by(), "public");
  EXPECT_EQ(calls[1].decided_by(), "authenticated");
  EXPECT_EQ(calls[2].decided_by(), "probe.call by role admin, probe.admin by role admin");
  EXPECT_EQ(calls[3].decided_by(), "probe.admin by role admin");
}

TEST_P(AuditTest, SamplesAndMethodsAreChosen) {
  Start(
      "allowed: SAMPLED, sample_one_in: 4, always: ['/warden.testing.v1.Probe/Public'], "
      "never: ['/warden.testing.v1.Probe/*']");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Send("Unary").ok());
    EXPECT_TRUE(Perform(world_->channel(), World::Call("Public", "")).ok());
  }
  for (const AuditRecord& record : Calls(5)) {
    EXPECT_THAT(record.method(), EndsWith("/Public"))
        << "its own name counts more than its service";
    EXPECT_EQ(record.sampled_one_in(), 0u);
  }
}

TEST_P(AuditTest, ASampleIsASampleAndSaysSo) {
  Start("allowed: SAMPLED, sample_one_in: 4");
  const std::string token = world_->Token("alice", {"caller"});
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Perform(world_->channel(), World::Call("Unary", token)).ok());
  }
  EXPECT_FALSE(Perform(world_->channel(), World::Call("Unary", "")).ok());
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(ReadAll(path()), "denied"); }));
  size_t allowed = 0;
  for (const AuditRecord& record : Records(path())) {
    if (record.decision() != "allowed") continue;
    ++allowed;
    EXPECT_EQ(record.sampled_one_in(), 4u);
  }
  // Of 50 expected; beyond these by chance once in some hundred million runs.
  EXPECT_GT(allowed, 15u);
  EXPECT_LT(allowed, 90u);
}

TEST_P(AuditTest, WhatIsOnlyWatchedIsRecordedBesideTheDecision) {
  Start("", "enforcement: {rules: OBSERVE}\n");
  EXPECT_TRUE(Send("Checked").ok());
  const std::vector<AuditRecord> calls = Calls(2);
  EXPECT_EQ(calls[0].event(), "observed");
  EXPECT_EQ(calls[0].reason(), "request_invalid");
  EXPECT_EQ(calls[1].event(), "decision");
  EXPECT_EQ(calls[1].decision(), "allowed");
  EXPECT_EQ(calls[0].request_id(), calls[1].request_id());
}

TEST_P(AuditTest, AStreamThatIsEndedHasASecondRecord) {
  Start();
  const std::string token = world_->Token("alice", {"caller"}, [](nlohmann::json& claims) {
    // The issuer's leeway is 5 s.
    claims["exp"] = absl::ToUnixSeconds(absl::Now()) - 3;
    claims["iat"] = absl::ToUnixSeconds(absl::Now()) - 60;
  });
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  const auto stub = v1::Probe::NewStub(world_->channel());
  const auto stream = stub->BidiStream(&context);
  v1::ProbeReply reply;
  ASSERT_TRUE(stream->Write(v1::Note()));
  ASSERT_TRUE(stream->Read(&reply));
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const std::vector<AuditRecord> calls = Calls(2);
  EXPECT_EQ(calls[0].decision(), "allowed");
  EXPECT_EQ(calls[1].event(), "stream_ended");
  EXPECT_EQ(calls[1].decision(), "denied");
  EXPECT_EQ(calls[1].reason(), "token_expired");
  EXPECT_EQ(calls[1].request_id(), calls[0].request_id());
  EXPECT_GT(calls[1].duration_us(), calls[0].duration_us());
}

TEST_P(AuditTest, NothingThatACallerSendsCanForgeALine) {
  Start();
  const std::string evil =
      "x\n{\"seq\":1}\r\x1b[2J\x1b]0;t\x07\xe2\x80\xae\xe2\x80\x8b\"\\,\"hash\":\"";
  const std::string token =
      world_->Token(evil, {"caller"}, [&](nlohmann::json& claims) { claims["jti"] = evil; });
  ASSERT_TRUE(Perform(world_->channel(), World::Call("Unary", token)).ok());
  RawCall call = World::Call("Restricted", token);
  call.metadata.emplace_back("x-request-id", "a\"b");
  call.metadata.emplace_back("traceparent", "00-zz");
  EXPECT_FALSE(Perform(world_->channel(), call).ok());
  const std::vector<AuditRecord> calls = Calls(2);
  const std::string text = ReadAll(path());
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
  }
  for (const AuditRecord& record : calls) {
    EXPECT_EQ(record.principal(),
              "x\\x0a{\"seq\":1}\\x0d\\x1b[2J\\x1b]0;t\\x07\\u{202e}\\u{200b}\"\\\\,\"hash\":\"");
    EXPECT_THAT(record.token_id(), ::testing::StartsWith("sha256:"));
    EXPECT_EQ(record.trace_id(), "");
  }
  ExpectWhole();
}

INSTANTIATE_TEST_SUITE_P(Apis, AuditTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
