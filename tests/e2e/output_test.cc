// What leaves the server: errors are hidden, and answers that are too large, invalid or leak are
// kept back, on every kind of method.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/answer_service.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/answers.pb.h"

namespace warden::testing {
namespace {

using grpc::StatusCode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using v1::Ask;
using v1::Reply;

// Of the form of a token, made here so that no scanner of sources takes it for one.
std::string Leaky() { return absl::StrCat("see gh", "p_", std::string(36, 'a')); }
constexpr char kSecret[] = "db at 10.1.2.3 said: no";

std::string Full(const std::string& method) {
  const bool common =
      std::find(std::begin(kFourKinds), std::end(kFourKinds), method) != std::end(kFourKinds);
  return absl::StrCat("/warden.testing.v1.", common ? "" : "Own", "Answers/", method);
}

bool Streams(const std::string& method) {
  return method == "ServerStream" || method == "BidiStream";
}

Ask Fail(int code, const std::string& text = kSecret) {
  Ask ask;
  ask.set_code(code);
  ask.set_text(text);
  return ask;
}

Ask Saying(const Reply& reply) {
  Ask ask;
  *ask.add_replies() = reply;
  return ask;
}

Reply Note(const std::string& text) {
  Reply reply;
  reply.set_note(text);
  return reply;
}

class OutputWorld {
 public:
  OutputWorld(Api api, const std::string& config, std::function<void(ServerBuilder&)> more = {})
      : answers_(MakeAnswers(api, &runs_)), own_(MakeOwnAnswers(api, &runs_)) {
    world_ = std::make_unique<World>(
        WorldOptions{.api = api,
                     .extra_config = "request: {max_violations: 16}\n" + config,
                     .customize = [this, more](ServerBuilder& builder) {
                       builder.RegisterService(answers_.get());
                       builder.RegisterService(own_.get());
                       if (more) more(builder);
                     }});
    const absl::Status started = world_->Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }
  Answer Send(const std::string& method, const Ask& ask, const std::string& role = "caller") {
    RawCall call = World::Call("", role.empty() ? "" : world_->Token("alice", {role}));
    call.method = Full(method);
    call.messages = {ask.SerializeAsString()};
    return Perform(world_->channel(), call);
  }
  // The sum of the samples of a family whose labels have all of these.
  double Sample(const std::string& family, const std::vector<std::string>& labels) {
    double sum = 0;
    for (const auto& [name, value] : world_->Metrics()) {
      if (name.rfind(family + "{", 0) != 0) continue;
      if (std::all_of(labels.begin(), labels.end(),
                      [&](const std::string& label) { return absl::StrContains(name, label); })) {
        sum += value;
      }
    }
    return sum;
  }
  double Answers(const std::string& method, const std::string& result, const std::string& action) {
    return Sample("warden_responses_total", {absl::StrCat("method=\"", Full(method), "\""),
                                             absl::StrCat("result=\"", result, "\""),
                                             absl::StrCat("action=\"", action, "\"")});
  }
  // Calls are counted when they have ended, which their clients may see earlier.
  bool Handled(const std::string& method, const std::string& code, double times) {
    const std::vector<std::string> labels = {absl::StrCat("method=\"", Full(method), "\""),
                                             absl::StrCat("code=\"", code, "\"")};
    return Eventually([&] { return Sample("warden_rpc_handled_total", labels) == times; });
  }
  std::vector<RefusalRecord> records() { return world_->sink().records(); }
  World& world() { return *world_; }
  int runs() const { return runs_; }

 private:
  std::atomic<int> runs_{0};
  std::unique_ptr<grpc::Service> answers_, own_;
  std::unique_ptr<World> world_;
};

// The answer that takes the place of one that is kept back.
void ExpectHidden(const Answer& answer, StatusCode code) {
  EXPECT_EQ(answer.code, code) << answer.text;
  EXPECT_EQ(answer.text, "internal error");
  EXPECT_EQ(answer.reason, "INTERNAL");
  EXPECT_EQ(answer.domain, "warden");
  const std::string id = answer.Trailer("x-request-id");
  EXPECT_THAT(id, SizeIs(36));
  EXPECT_THAT(answer.details, HasSubstr(id));
  EXPECT_THAT(answer.replies, IsEmpty());
}

// Of a stream, which may have been cancelled.
void ExpectKeptBack(const std::string& method, const Answer& answer) {
  if (!Streams(method)) return ExpectHidden(answer, StatusCode::INTERNAL);
  EXPECT_EQ(answer.code, StatusCode::INTERNAL) << answer.text;
  EXPECT_THAT(answer.text, ::testing::StartsWith("internal error, request "));
}

class OutputTest : public ::testing::TestWithParam<Api> {};
INSTANTIATE_TEST_SUITE_P(Apis, OutputTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

TEST_P(OutputTest, ErrorsOfHandlersAreHidden) {
  OutputWorld world(GetParam(), "");
  for (const std::string method : kFourKinds) {
    for (const int code : {2, 13, 15, 99, -1}) {
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

TEST_P(OutputTest, StreamsHaveWhatTheyWroteBeforeAnError) {
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

TEST_P(OutputTest, OtherStatusesPass) {
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

TEST_P(OutputTest, SecretsOfHiddenErrorsAreNotRecorded) {
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

TEST_P(OutputTest, LongTextsAreCutForTheRecord) {
  OutputWorld world(GetParam(), "");
  ExpectHidden(world.Send("Unary", Fail(13, std::string(10'000, 'x'))), StatusCode::INTERNAL);
  ASSERT_THAT(world.records(), SizeIs(1));
  EXPECT_THAT(world.records()[0].detail,
              AllOf(SizeIs(::testing::Lt(2200)), HasSubstr("xxx... (10000 bytes)")));
}

// gRPC catches what a handler throws and keeps nothing of it.
TEST_P(OutputTest, ExceptionsSayNothing) {
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

TEST_P(OutputTest, MethodsAndTheConfigurationSayWhatIsShown) {
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

TEST_P(OutputTest, TheRequestIdIsThereOnce) {
  OutputWorld world(GetParam(), "");
  Ask ask = Fail(13);
  (*ask.mutable_trailers())["x-request-id"] = "the-handlers-own";
  ExpectHidden(world.Send("Unary", ask), StatusCode::INTERNAL);
}

TEST_P(OutputTest, ResponsesHaveTheirSize) {
  OutputWorld world(GetParam(), "output: {max_response_bytes: 64}\n");
  const Reply fits = Note(std::string(62, 'x'));
  ASSERT_EQ(fits.ByteSizeLong(), 64u);
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    const Answer good = world.Send(method, Saying(fits));
    EXPECT_TRUE(good.ok()) << good.text;
    EXPECT_THAT(good.replies, ElementsAre(fits.SerializeAsString()));
    EXPECT_THAT(world.Send(method, Saying(Reply())).replies, ElementsAre(""));
    EXPECT_TRUE(world.Handled(method, "OK", 2));
    const int runs = world.runs();
    const Answer large = world.Send(method, Saying(Note(std::string(63, 'x'))));
    ExpectKeptBack(method, large);
    EXPECT_THAT(large.replies, IsEmpty());
    EXPECT_EQ(world.runs(), runs + 1);
    EXPECT_EQ(world.Answers(method, "too_large", "blocked"), 1);
    EXPECT_EQ(world.records().back().reason, "response_too_large");
    EXPECT_EQ(world.records().back().event, "response");
    EXPECT_FALSE(world.records().back().allowed);
    EXPECT_THAT(world.records().back().detail, HasSubstr("65 bytes"));
    EXPECT_TRUE(world.Handled(method, "INTERNAL", 1));
  }
  EXPECT_THAT(world.records(), SizeIs(4));
}

TEST_P(OutputTest, NothingFollowsWhatIsKeptBack) {
  OutputWorld world(GetParam(), "output: {max_response_bytes: 64}\n");
  for (const std::string method : {"ServerStream", "BidiStream"}) {
    for (const bool together : {false, true}) {
      SCOPED_TRACE(absl::StrCat(method, together));
      Ask ask = Saying(Note(std::string(100, 'x')));
      *ask.add_replies() = Note("after");
      *ask.add_replies() = Note("last");
      ask.set_last_with_status(together);
      const Answer answer = world.Send(method, ask);
      ExpectKeptBack(method, answer);
      EXPECT_THAT(answer.replies, IsEmpty());
    }
  }
  EXPECT_THAT(world.records(), SizeIs(4));
}

TEST_P(OutputTest, AMessageThatGoesWithItsStatusIsAnsweredInFull) {
  OutputWorld world(GetParam(), "output: {max_response_bytes: 64}\n");
  Ask ask = Saying(Note(std::string(100, 'x')));
  ask.set_last_with_status(true);
  const Answer answer = world.Send("ServerStream", ask);
  if (GetParam() == Api::kCallback) {
    ExpectHidden(answer, StatusCode::INTERNAL);
  } else {
    ExpectKeptBack("ServerStream", answer);
  }
}

TEST_P(OutputTest, MethodsHaveTheirOwnSize) {
  OutputWorld world(GetParam(), "output: {max_response_bytes: 1000}\n");
  const Ask ask = Saying(Note(std::string(63, 'x')));
  ExpectHidden(world.Send("Small", ask), StatusCode::INTERNAL);
  EXPECT_TRUE(world.Send("AsTheService", ask).ok());
  EXPECT_TRUE(world.Send("Unary", ask).ok());
  ExpectHidden(world.Send("AsTheService", Saying(Note(std::string(1000, 'x')))),
               StatusCode::INTERNAL);
}

Ask Invalid() {
  Reply reply;
  reply.set_id("longer than eight");
  return Saying(reply);
}

TEST_P(OutputTest, InvalidResponsesAreKeptBack) {
  OutputWorld world(GetParam(), "output: {rules: BLOCK}\n");
  Reply valid;
  valid.set_id("eight888");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_TRUE(world.Send(method, Saying(valid)).ok());
    const Answer answer = world.Send(method, Invalid());
    ExpectKeptBack(method, answer);
    EXPECT_THAT(answer.Everything(),
                AllOf(Not(HasSubstr("longer than")), Not(HasSubstr("max_len"))));
    EXPECT_EQ(world.Answers(method, "invalid", "blocked"), 1);
    EXPECT_EQ(world.records().back().detail, "id [string.max_len]");
    EXPECT_EQ(world.records().back().reason, "response_invalid");
  }
  EXPECT_THAT(world.records(), SizeIs(4));
}

TEST_P(OutputTest, InvalidResponsesAreOnlyCountedWhereTheyAreWatched) {
  OutputWorld world(GetParam(), "output: {rules: DETECT}\n");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    const Answer answer = world.Send(method, Invalid());
    EXPECT_TRUE(answer.ok()) << answer.text;
    EXPECT_THAT(answer.replies, ElementsAre(Invalid().replies(0).SerializeAsString()));
    EXPECT_EQ(world.Answers(method, "invalid", "detected"), 1);
    EXPECT_TRUE(world.records().back().allowed);
  }
  ExpectHidden(world.Send("Strict", Invalid()), StatusCode::INTERNAL);
}

TEST_P(OutputTest, ResponsesAreNotJudgedUnlessAskedTo) {
  OutputWorld world(GetParam(), "");
  Ask ask = Invalid();
  ask.mutable_replies(0)->set_note(Leaky());
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_THAT(world.Send(method, ask).replies, ElementsAre(ask.replies(0).SerializeAsString()));
  }
  EXPECT_THAT(world.records(), IsEmpty());
}

// Each has the leak in another place.
std::vector<Reply> LeakyReplies() {
  std::vector<Reply> replies(6);
  replies[0].set_note(Leaky());
  replies[1].add_items();
  replies[1].add_items()->set_note(Leaky());
  (*replies[2].mutable_labels())["a"] = Leaky();
  (*replies[3].mutable_labels())[Leaky()] = "a";
  replies[4].mutable_extra()->PackFrom(Note(Leaky()));
  replies[5].GetReflection()->MutableUnknownFields(&replies[5])->AddLengthDelimited(100, Leaky());
  return replies;
}

TEST_P(OutputTest, LeaksAreKeptBack) {
  OutputWorld world(GetParam(), "output: {leaks: BLOCK}\n");
  double count = 0;
  for (const std::string method : kFourKinds) {
    for (const Reply& reply : LeakyReplies()) {
      SCOPED_TRACE(absl::StrCat(method, " ", reply.ShortDebugString()));
      const Answer answer = world.Send(method, Saying(reply));
      ExpectKeptBack(method, answer);
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("aaaaaaaa")));
      EXPECT_THAT(answer.replies, IsEmpty());
      const RefusalRecord record = world.records().back();
      EXPECT_EQ(record.reason, "response_leak");
      EXPECT_THAT(record.detail, ::testing::StartsWith("access_token in field "));
      EXPECT_THAT(record.text(), Not(HasSubstr("aaaaaaaa")));
      ++count;
    }
    EXPECT_EQ(world.Answers(method, "leak", "blocked"), 6);
  }
  EXPECT_EQ(world.Sample("warden_response_leaks_total", {"detector=\"access_token\""}), count);
}

TEST_P(OutputTest, LeaksAreOnlyCountedWhereTheyAreWatched) {
  OutputWorld world(GetParam(), "output: {leaks: DETECT}\n");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_THAT(world.Send(method, Saying(Note(Leaky()))).replies,
                ElementsAre(Note(Leaky()).SerializeAsString()));
    EXPECT_EQ(world.Answers(method, "leak", "detected"), 1);
    EXPECT_THAT(world.records().back().detail, "access_token in field note");
    const Answer missing = world.Send(method, Fail(5, Leaky()));
    EXPECT_EQ(missing.text, Leaky());
    EXPECT_THAT(world.records().back().detail, "access_token in status message");
  }
}

TEST_P(OutputTest, WhatIsMeantToBeThereIsNoLeak) {
  OutputWorld world(GetParam(), "output: {leaks: BLOCK}\n");
  Reply reply;
  reply.set_password(Leaky());  // its sensitivity is SECRET
  reply.set_picture(Leaky());   // bytes
  reply.set_note("a harmless one");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_THAT(world.Send(method, Saying(reply)).replies, ElementsAre(reply.SerializeAsString()));
  }
  EXPECT_TRUE(world.Send("Login", Saying(Note(Leaky()))).ok());
  EXPECT_THAT(world.records(), IsEmpty());
  ExpectHidden(world.Send("AsTheService", Saying(Note(Leaky()))), StatusCode::INTERNAL);
  EXPECT_TRUE(world.Send("Watched", Saying(Note(Leaky()))).ok());
}

TEST_P(OutputTest, StatusesAndTrailersDoNotLeak) {
  OutputWorld world(GetParam(), "output: {leaks: BLOCK}\n");
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    ExpectHidden(world.Send(method, Fail(5, Leaky())), StatusCode::INTERNAL);
    Ask details = Fail(5, "no such order");
    details.set_details(Leaky());
    ExpectHidden(world.Send(method, details), StatusCode::INTERNAL);
    Ask trailers = Fail(5, "no such order");
    (*trailers.mutable_trailers())["x-debug"] = Leaky();
    (*trailers.mutable_trailers())["x-own"] = "kept";
    const Answer answer = world.Send(method, trailers);
    EXPECT_EQ(answer.code, StatusCode::NOT_FOUND);
    EXPECT_EQ(answer.text, "no such order");
    EXPECT_EQ(answer.Trailer("x-debug"), "");
    EXPECT_EQ(answer.Trailer("x-own"), "kept");
    EXPECT_THAT(world.records().back().detail, "access_token in trailer x-debug");
    trailers.set_code(0);
    trailers.clear_text();
    EXPECT_EQ(world.Send(method, trailers).Trailer("x-debug"), "");
    EXPECT_TRUE(world.Handled(method, "INTERNAL", 2));
    EXPECT_TRUE(world.Handled(method, "NOT_FOUND", 1));
  }
}

TEST_P(OutputTest, WhatTheCallerMayNotSeeIsNotLookedAt) {
  OutputWorld world(GetParam(), "output: {leaks: BLOCK, max_response_bytes: 8}\n");
  Reply reply = Note("short");
  reply.set_salary(1'000'000'000'000);
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_THAT(world.Send(method, Saying(reply)).replies,
                ElementsAre(Note("short").SerializeAsString()));
    ExpectKeptBack(method, world.Send(method, Saying(reply), "admin"));
  }
}

// Has the response serialized before Warden sees it.
class Serializer final : public grpc::experimental::Interceptor {
 public:
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      methods->GetSerializedSendMessage();
    }
    methods->Proceed();
  }
};

class SerializerFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    return new Serializer;
  }
};

TEST_P(OutputTest, ResponsesThatUsersInterceptorsSerializedAreJudged) {
  OutputWorld world(
      GetParam(), "output: {leaks: BLOCK, rules: BLOCK}\n", [](ServerBuilder& builder) {
        std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> own;
        own.push_back(std::make_unique<SerializerFactory>());
        builder.grpc_builder().experimental().SetInterceptorCreators(std::move(own));
      });
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    EXPECT_TRUE(world.Send(method, Saying(Note("harmless"))).ok());
    ExpectKeptBack(method, world.Send(method, Saying(Note(Leaky()))));
    ExpectKeptBack(method, world.Send(method, Invalid()));
  }
}

TEST_P(OutputTest, EveryCallIsCountedWithItsCodeAndTime) {
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
    EXPECT_EQ(world.Sample("warden_rpc_duration_seconds_count", {label}), 4);
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
