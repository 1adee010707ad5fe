// Answers that are too large, invalid or leak are kept back, on every kind of method.
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using v1::Ask;
using v1::Reply;

class OutputTest : public ::testing::TestWithParam<Api> {};
INSTANTIATE_TEST_SUITE_P(Apis, OutputTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

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

TEST_P(OutputTest, AHandlerThatWritesUntilItFailsEnds) {
  OutputWorld world(GetParam(), "output: {max_response_bytes: 64}\n");
  for (const std::string method : {"ServerStream", "BidiStream"}) {
    SCOPED_TRACE(method);
    Ask ask = Saying(Note(std::string(100, 'x')));
    ask.set_endless(true);
    const Answer answer = world.Send(method, ask);
    ExpectKeptBack(method, answer);
    EXPECT_THAT(answer.replies, IsEmpty());
    EXPECT_TRUE(world.Handled(method, "INTERNAL", 1));  // when the handler has ended
  }
  EXPECT_THAT(world.records(), SizeIs(2));
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

TEST(OutputRawTest, BytesOfRawHandlersAreJudged) {
  const std::unique_ptr<grpc::Service> raw = MakeRawAnswers();
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(raw.get()); }});
  const absl::Status started = world.Start();
  ASSERT_TRUE(started.ok()) << started;
  const auto send = [&](const std::string& bytes) {
    RawCall call = World::Call("", world.Token("alice", {"caller"}));
    call.method = "/warden.testing.v1.RawAnswers/Echo";
    call.messages = {bytes};
    return Perform(world.channel(), call);
  };
  v1::Words words;
  words.set_note("a harmless one");
  words.set_picture(Leaky().substr(4));
  EXPECT_THAT(send(words.SerializeAsString()).replies, ElementsAre(words.SerializeAsString()));
  EXPECT_THAT(send("").replies, ElementsAre(""));
  words.set_note(Leaky());
  words.clear_picture();
  ExpectHidden(send(words.SerializeAsString()), StatusCode::INTERNAL);
  EXPECT_EQ(world.sink().records().back().detail, "access_token in field note");
  words.set_note("");
  words.set_id("longer than eight");
  ExpectHidden(send(words.SerializeAsString()), StatusCode::INTERNAL);
  EXPECT_EQ(world.sink().records().back().reason, "response_invalid");
  words.set_id("");
  words.set_picture(std::string(65, 'x'));
  ExpectHidden(send(words.SerializeAsString()), StatusCode::INTERNAL);
  EXPECT_EQ(world.sink().records().back().reason, "response_too_large");
  ExpectHidden(send("no message"), StatusCode::INTERNAL);
  EXPECT_EQ(world.sink().records().back().detail, "the response cannot be read");
}

}  // namespace
}  // namespace warden::testing
