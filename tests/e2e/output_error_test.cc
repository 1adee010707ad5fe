// Errors of handlers do not reach their clients, and every call is counted, on every kind of
// method.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/answer_world.h"

namespace warden::testing {
namespace {

using grpc::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using v1::Ask;

class OutputErrorTest : public ::testing::TestWithParam<Api> {};
INSTANTIATE_TEST_SUITE_P(Apis, OutputErrorTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

TEST_P(OutputErrorTest, ErrorsOfHandlersAreHidden) {
  OutputWorld world(GetParam(), "");
  for (const std::string method : kFourKinds) {
    for (const int code : {2, 13, 15, 31, -1}) {
      SCOPED_TRACE(absl::StrCat(method, " ", code));
      const size_t records = world.records().size();
      const int runs = world.runs();
      Ask ask = Fail(code);
      ask.set_details(absl::StrCat("details: ", kSecret));
      (*ask.mutable_trailers())["x-own"] = "kept";
      (*ask.mutable_trailers())["grpc-status-details-bin"] = absl::StrCat("own ", kSecret);
      const Answer answer = world.Send(method, ask);
      ExpectHidden(answer,
                   code > 0 && code < 17 ? static_cast<StatusCode>(code) : StatusCode::UNKNOWN);
      EXPECT_EQ(answer.Trailer("x-own"), "kept");
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("10.1.2.3")));
      EXPECT_EQ(world.runs(), runs + 1);
      ASSERT_THAT(world.records(), SizeIs(records + 1));
      const RefusalRecord record = world.records().back();
      EXPECT_EQ(record.event, "hidden_error");
      EXPECT_EQ(record.reason, code == 13 ? "internal" : code == 15 ? "data_loss" : "unknown");
      EXPECT_EQ(record.request_id, answer.Trailer("x-request-id"));
      EXPECT_EQ(record.method, Full(method));
      EXPECT_EQ(record.principal, "alice");
      EXPECT_EQ(record.stage, "response");
      EXPECT_THAT(record.detail, AllOf(HasSubstr(kSecret), HasSubstr("bytes of details")));
      EXPECT_TRUE(record.allowed);
    }
    EXPECT_EQ(world.Answers(method, "hidden", "blocked"), 5);
    EXPECT_TRUE(world.Handled(method, "INTERNAL", 1));
    EXPECT_TRUE(world.Handled(method, "DATA_LOSS", 1));
    EXPECT_TRUE(world.Handled(method, "UNKNOWN", 3));
  }
}

TEST_P(OutputErrorTest, StreamsHaveWhatTheyWroteBeforeAnError) {
  OutputWorld world(GetParam(), "");
  for (const std::string method : {"ServerStream", "BidiStream"}) {
    for (const bool together : {false, true}) {
      SCOPED_TRACE(absl::StrCat(method, together));
      Ask ask = Fail(13);
      *ask.add_replies() = Note("one");
      *ask.add_replies() = Note("two");
      ask.set_last_with_status(together);
      Answer answer = world.Send(method, ask);
      EXPECT_THAT(answer.replies, SizeIs(2));
      answer.replies.clear();
      ExpectHidden(answer, StatusCode::INTERNAL);
    }
  }
}

TEST_P(OutputErrorTest, OtherStatusesPass) {
  OutputWorld world(GetParam(), "");
  for (const std::string method : kFourKinds) {
    for (const int code : {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16}) {
      SCOPED_TRACE(absl::StrCat(method, " ", code));
      Ask ask = Fail(code, code == 0 ? "" : "there is no such order");
      if (code != 0) ask.set_details("own details");
      const Answer answer = world.Send(method, ask);
      EXPECT_EQ(answer.code, code);
      EXPECT_EQ(answer.text, ask.text());
      EXPECT_EQ(answer.details, ask.details());
      EXPECT_EQ(answer.Trailer("x-request-id"), "");
    }
  }
  EXPECT_THAT(world.records(), IsEmpty());
  EXPECT_EQ(world.Sample("warden_responses_total", {}), 0);
}

TEST_P(OutputErrorTest, SecretsOfHiddenErrorsAreNotRecorded) {
  OutputWorld world(GetParam(), "");
  const std::string key =
      "-----BEGIN "
      "PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----";
  const Answer answer =
      world.Send("Unary", Fail(13, absl::StrCat("at login: ", Leaky(), " ", key)));
  ExpectHidden(answer, StatusCode::INTERNAL);
  ASSERT_THAT(world.records(), SizeIs(1));
  EXPECT_EQ(world.records()[0].detail, "at login: see [access_token] [private_key]");
}

TEST_P(OutputErrorTest, LongTextsAreCutForTheRecord) {
  OutputWorld world(GetParam(), "");
  ExpectHidden(world.Send("Unary", Fail(13, std::string(10'000, 'x'))), StatusCode::INTERNAL);
  ASSERT_THAT(world.records(), SizeIs(1));
  EXPECT_THAT(world.records()[0].detail,
              AllOf(SizeIs(::testing::Lt(2200)), HasSubstr("xxx... (10000 bytes)")));
}

// gRPC catches what a handler throws and keeps nothing of it.
TEST_P(OutputErrorTest, ExceptionsSayNothing) {
  OutputWorld world(GetParam(), "");
  Ask ask = Fail(0);
  ask.set_throws(true);
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    if (GetParam() == Api::kSync) {
      const Answer answer = world.Send(method, ask);
      ExpectHidden(answer, StatusCode::UNKNOWN);
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("10.1.2.3")));
    } else if (method == "Unary" || method == "ServerStream") {
      // Of the callback API it makes an unimplemented method.
      const Answer answer = world.Send(method, ask);
      EXPECT_EQ(answer.code, StatusCode::UNIMPLEMENTED);
      EXPECT_EQ(answer.text, "");
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("10.1.2.3")));
      EXPECT_TRUE(world.Handled(method, "UNIMPLEMENTED", 1));
    }
  }
}

TEST_P(OutputErrorTest, MethodsAndTheConfigurationSayWhatIsShown) {
  for (const bool show : {false, true}) {
    OutputWorld world(GetParam(), show ? "output: {insecure_show_errors: true}\n" : "");
    for (const std::string method : {"Unary", "Shown", "AsTheService", "Strict"}) {
      SCOPED_TRACE(absl::StrCat(method, show));
      const bool shown = method == "Shown" || (method == "Unary" && show);
      const Answer answer = world.Send(method, Fail(13));
      if (!shown) {
        ExpectHidden(answer, StatusCode::INTERNAL);
      } else {
        EXPECT_EQ(answer.code, StatusCode::INTERNAL);
        EXPECT_EQ(answer.text, kSecret);
        EXPECT_EQ(answer.details, "");
      }
    }
    EXPECT_THAT(world.records(), SizeIs(show ? 2 : 3));
  }
}

TEST_P(OutputErrorTest, TheRequestIdIsThereOnce) {
  OutputWorld world(GetParam(), "");
  Ask ask = Fail(13);
  (*ask.mutable_trailers())["x-request-id"] = "the-handlers-own";
  ExpectHidden(world.Send("Unary", ask), StatusCode::INTERNAL);
}

TEST_P(OutputErrorTest, EveryCallIsCountedWithItsCodeAndTime) {
  OutputWorld world(GetParam(), "");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_TRUE(world.Send(method, Ask()).ok());
    EXPECT_EQ(world.Send(method, Fail(5)).code, StatusCode::NOT_FOUND);
    EXPECT_EQ(world.Send(method, Ask(), "nobody").code, StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(world.Send(method, Ask(), "").code, StatusCode::UNAUTHENTICATED);
    EXPECT_TRUE(world.Handled(method, "OK", 1));
    EXPECT_TRUE(world.Handled(method, "NOT_FOUND", 1));
    EXPECT_TRUE(world.Handled(method, "PERMISSION_DENIED", 1));
    EXPECT_TRUE(world.Handled(method, "UNAUTHENTICATED", 1));
    const std::string label = absl::StrCat("method=\"", Full(method), "\"");
    EXPECT_TRUE(Eventually(
        [&] { return world.Sample("warden_rpc_duration_seconds_count", {label}) == 4; }));
    EXPECT_GT(world.Sample("warden_rpc_duration_seconds_sum", {label}), 0);
  }
  RawCall unknown = World::Call("Nothing", "");
  EXPECT_EQ(Perform(world.world().channel(), unknown).code, StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(
      world.Sample("warden_rpc_handled_total", {"method=\"unknown\"", "code=\"UNIMPLEMENTED\""}),
      1);
}

}  // namespace
}  // namespace warden::testing
