// The shape of requests, attacks in their strings, and strings that are normalised, on all four
// kinds of methods and both APIs: what is refused never reaches the handler.
#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/content_service.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/content.grpc.pb.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using v1::Content;

constexpr const char* kKinds[] = {"Get", "List", "Put", "Exchange"};

bool Streams(const std::string& kind) { return kind == "Put" || kind == "Exchange"; }

std::string FullName(const std::string& kind) {
  return absl::StrCat("/warden.testing.v1.Contents/", kind);
}

class ContentTest : public ::testing::TestWithParam<Api> {
 protected:
  void SetUp() override { Start(""); }

  void Start(const std::string& config, int max_message = 0) {
    world_ = nullptr;
    delivered_ = 0;
    service_ = MakeContents(GetParam(), &delivered_);
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(), .extra_config = config, .customize = [this, max_message](auto& builder) {
          builder.RegisterService(service_.get());
          if (max_message == 0) return;
          builder.grpc_builder().SetMaxReceiveMessageSize(max_message);
        }});
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
    token_ = world_->Token("alice", {"caller"});
  }
  Answer Send(const std::string& method, const std::vector<std::string>& messages) {
    RawCall call = World::Call("", token_);
    call.method = method;
    call.messages = messages;
    return Perform(world_->channel(), call);
  }
  Answer Send(const std::string& kind, const Content& content) {
    return Send(FullName(kind), {content.SerializeAsString()});
  }
  double Metric(const std::string& name) {
    const auto metrics = world_->Metrics();
    const auto found = metrics.find(name);
    return found == metrics.end() ? 0 : found->second;
  }
  double RuleViolations(const std::string& kind, const std::string& rule) {
    return Metric(absl::StrCat("warden_rule_violations_total{method=\"", FullName(kind),
                               "\",rule=\"", rule, "\"}"));
  }
  // Refused on every kind, as `label`, by `rule`; no handler was given anything.
  void ExpectRefused(const std::string& bytes, const std::string& label, grpc::StatusCode code,
                     const std::string& rule) {
    for (const std::string kind : kKinds) {
      SCOPED_TRACE(absl::StrCat(kind, " ", rule));
      const double before = RuleViolations(kind, rule);
      const size_t records = world_->sink().records().size();
      const Answer answer = Send(FullName(kind), {bytes});
      EXPECT_EQ(answer.code, code) << answer.text;
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("planted")));
      EXPECT_TRUE(Eventually([&] { return world_->sink().records().size() == records + 1; }));
      EXPECT_EQ(world_->sink().records().back().reason, label);
      EXPECT_THAT(world_->sink().records().back().text(), Not(HasSubstr("planted")));
      if (!rule.empty()) {
        EXPECT_EQ(RuleViolations(kind, rule), before + 1);
      }
      if (!Streams(kind)) {
        EXPECT_GT(Metric(absl::StrCat("warden_decisions_total{method=\"", FullName(kind),
                                      "\",reason=\"", label, "\"}")),
                  0);
      } else if (!rule.empty()) {
        EXPECT_THAT(answer.text, HasSubstr(absl::StrCat("[", rule, "]")));
      }
    }
    EXPECT_EQ(delivered_, 0);
  }

  std::atomic<int> delivered_{0};
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<World> world_;
  std::string token_;
};

TEST_P(ContentTest, RequestsWithinTheirShapePass) {
  Content content;
  for (int i = 0; i < 5; ++i) content.add_numbers(i);
  content.mutable_inner()->mutable_inner()->set_title("O'Brien");
  content.set_blob(std::string(1900, 'x'));
  for (const std::string kind : kKinds) {
    const Answer answer = Send(kind, content);
    EXPECT_TRUE(answer.ok()) << answer.text;
    ASSERT_EQ(answer.replies.size(), 1u);
    EXPECT_EQ(answer.replies[0], content.SerializeAsString());
  }
  EXPECT_EQ(delivered_, 4);
  EXPECT_THAT(world_->sink().records(), IsEmpty());
}

TEST_P(ContentTest, RequestsOutOfTheirShapeAreRefused) {
  Content large;
  large.set_blob(std::string(2000, 'x'));
  ExpectRefused(large.SerializeAsString(), "request_too_large",
                grpc::StatusCode::RESOURCE_EXHAUSTED, "shape.max_bytes");
  Content deep;
  deep.mutable_inner()->mutable_inner()->mutable_inner();
  ExpectRefused(deep.SerializeAsString(), "request_shape", grpc::StatusCode::INVALID_ARGUMENT,
                "shape.max_depth");
  Content many;
  for (int i = 0; i < 6; ++i) many.add_numbers(i);
  ExpectRefused(many.SerializeAsString(), "request_shape", grpc::StatusCode::INVALID_ARGUMENT,
                "shape.max_elements");
  Content unknown;
  unknown.mutable_inner();
  unknown.GetReflection()
      ->MutableUnknownFields(unknown.mutable_inner())
      ->AddLengthDelimited(900, "planted");
  ExpectRefused(unknown.SerializeAsString(), "request_shape", grpc::StatusCode::INVALID_ARGUMENT,
                "shape.unknown_field");
}

TEST_P(ContentTest, TheClientLearnsWhichLimitItWas) {
  Content many;
  for (int i = 0; i < 6; ++i) many.add_numbers(i);
  const Answer answer = Send("Get", many);
  EXPECT_EQ(answer.reason, "REQUEST_INVALID");
  EXPECT_THAT(answer.violations, ElementsAre(Pair("", "SHAPE_MAX_ELEMENTS")));
  EXPECT_THAT(answer.violation_texts, ElementsAre(HasSubstr("too many elements")));
  EXPECT_THAT(answer.Everything(), Not(HasSubstr(" 5")));
}

TEST_P(ContentTest, OfAStreamOnlyWhatCameBeforeIsDelivered) {
  Content good;
  good.set_title("fine");
  Content bad;
  for (int i = 0; i < 6; ++i) bad.add_numbers(i);
  for (const std::string kind : {"Put", "Exchange"}) {
    delivered_ = 0;
    const std::string one = good.SerializeAsString();
    const Answer answer = Send(FullName(kind), {one, one, bad.SerializeAsString(), one});
    EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_TRUE(Eventually([this] { return Metric("warden_calls_in_flight") == 0; }));
    EXPECT_EQ(delivered_, 2);
    EXPECT_EQ(Metric(absl::StrCat("warden_streams_ended_total{method=\"", FullName(kind),
                                  "\",reason=\"request_shape\"}")),
              1);
  }
}

// Bytes that are cut short, or a bomb, are refused before they are parsed.
TEST_P(ContentTest, HostileBytesAreRefusedUnparsed) {
  const std::string rows[] = {std::string(1900, '\x0b'), "\x2a\x7f", std::string(100, '\xff'),
                              std::string("\x22\x01\x80", 3)};
  for (const std::string& row : rows) {
    for (const std::string kind : {"Get", "List"}) {
      const Answer answer = Send(FullName(kind), {row});
      EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT) << answer.text;
    }
  }
  EXPECT_EQ(delivered_, 0);
}

TEST_P(ContentTest, AnEmptyShapeAsksForNothing) {
  Content content;
  content.set_blob(std::string(100'000, 'x'));
  for (int i = 0; i < 1000; ++i) content.add_numbers(i);
  EXPECT_TRUE(Send("Shapeless", content).ok());
  EXPECT_EQ(delivered_, 1);
}

TEST_P(ContentTest, TheConfigurationsShapeIsForMethodsWithoutOne) {
  Start("request: {shape: {max_bytes: 50}}\n");
  v1::ProbeRequest request;
  request.set_text(std::string(40, 'x'));
  EXPECT_TRUE(Send("/warden.testing.v1.Probe/Unary", {request.SerializeAsString()}).ok());
  request.set_text(std::string(50, 'x'));
  for (const char* kind : kFourKinds) {
    const Answer answer =
        Send(absl::StrCat("/warden.testing.v1.Probe/", kind), {request.SerializeAsString()});
    EXPECT_EQ(answer.code, grpc::StatusCode::RESOURCE_EXHAUSTED) << kind << answer.text;
  }
  EXPECT_EQ(world_->runs(), 3) << "the good one, and the streams that had begun";
  Content content;
  content.set_blob(std::string(1000, 'x'));
  EXPECT_TRUE(Send("Get", content).ok()) << "its service has a shape of its own";
  EXPECT_TRUE(Send("Shapeless", content).ok());
}

TEST_P(ContentTest, AShapeThatIsOnlyWatchedLetsThrough) {
  Start("enforcement: {rules: OBSERVE}\n");
  Content many;
  for (int i = 0; i < 6; ++i) many.add_numbers(i);
  for (const std::string kind : kKinds) {
    EXPECT_TRUE(Send(kind, many).ok());
    EXPECT_EQ(Metric(absl::StrCat("warden_observed_refusals_total{method=\"", FullName(kind),
                                  "\",reason=\"request_shape\"}")),
              1);
  }
  EXPECT_EQ(delivered_, 4);
}

TEST_P(ContentTest, AttacksAreRefused) {
  const std::pair<std::string, std::string> rows[] = {
      {"planted' or 1=1--", "string.safe.sql"},
      {"%27%20or%201%3d1--planted", "string.safe.sql"},
      {"<script>planted()</script>", "string.safe.xss"},
      {"\uFF1Cscript\uFF1Eplanted()", "string.safe.xss"}};
  for (const auto& [text, rule] : rows) {
    Content content;
    content.set_title(text);
    ExpectRefused(content.SerializeAsString(), "request_invalid",
                  grpc::StatusCode::INVALID_ARGUMENT, rule);
    Content inner;
    *inner.mutable_inner() = content;
    ExpectRefused(inner.SerializeAsString(), "request_invalid", grpc::StatusCode::INVALID_ARGUMENT,
                  rule);
  }
}

TEST_P(ContentTest, AttacksThatAreOnlyWatchedForAreCountedAndRecorded) {
  Content content;
  content.set_watched("planted' or 1=1--");
  for (const std::string kind : kKinds) {
    SCOPED_TRACE(kind);
    const size_t records = world_->sink().records().size();
    const Answer answer = Send(kind, content);
    EXPECT_TRUE(answer.ok()) << answer.text;
    ASSERT_EQ(answer.replies.size(), 1u);
    EXPECT_EQ(answer.replies[0], content.SerializeAsString()) << "it reaches the handler as it is";
    EXPECT_EQ(RuleViolations(kind, "string.safe.sql"), 1);
    EXPECT_EQ(Metric(absl::StrCat("warden_observed_refusals_total{method=\"", FullName(kind),
                                  "\",reason=\"request_invalid\"}")),
              1);
    if (Streams(kind)) continue;  // a record for each message would say the same again and again
    ASSERT_EQ(world_->sink().records().size(), records + 1);
    const RefusalRecord record = world_->sink().records().back();
    EXPECT_EQ(record.event, "observed");
    EXPECT_EQ(record.reason, "request_invalid");
    EXPECT_TRUE(record.allowed);
    EXPECT_EQ(record.detail, "watched [string.safe.sql]");
  }
  EXPECT_EQ(delivered_, 4);
}

// What is watched for does not stand in the answer to something that is refused.
TEST_P(ContentTest, WatchedAndRefusedAtOnce) {
  Content content;
  content.set_watched("' or 1=1--");
  content.set_title("' or 1=1--");
  const Answer answer = Send("Get", content);
  EXPECT_THAT(answer.violations, ElementsAre(Pair("title", "STRING_SAFE_SQL")));
  EXPECT_EQ(world_->sink().records().size(), 2u);
  EXPECT_EQ(delivered_, 0);
}

TEST_P(ContentTest, StringsReachRulesAndHandlerInTheirForm) {
  Content content;
  content.set_name("  a   \t b\u00A0 \n ");
  content.mutable_inner()->set_name(" c ");
  content.set_title(" as it is ");
  for (const std::string kind : kKinds) {
    const Answer answer = Send(kind, content);
    ASSERT_TRUE(answer.ok()) << answer.text;
    Content reply;
    ASSERT_EQ(answer.replies.size(), 1u);
    ASSERT_TRUE(reply.ParseFromString(answer.replies[0]));
    EXPECT_EQ(reply.name(), "a b");
    EXPECT_EQ(reply.inner().name(), "c");
    EXPECT_EQ(reply.title(), " as it is ");
  }
  // Nine characters in the form, and more before it.
  content.set_name("   123456789   ");
  delivered_ = 0;
  ExpectRefused(content.SerializeAsString(), "request_invalid", grpc::StatusCode::INVALID_ARGUMENT,
                "string.max_len");
}

TEST_P(ContentTest, ViolationsOfSensitiveFieldsNameNoConstants) {
  Content content;
  content.set_secret("PLANTED");
  const Answer answer = Send("Get", content);
  EXPECT_THAT(answer.violations, ElementsAre(Pair("secret", "STRING_PATTERN")));
  EXPECT_THAT(answer.violation_texts, ElementsAre("is not valid [string.pattern]"));
  EXPECT_THAT(answer.Everything(), AllOf(Not(HasSubstr("PLANTED")), Not(HasSubstr("a-z"))));
}

// Where gRPC lets them through.
TEST_P(ContentTest, HugeMessagesAreRefused) {
  constexpr int k64Mb = 64 << 20;
  Start("", k64Mb + 1000);
  Content content;
  content.set_blob(std::string(k64Mb, 'x'));
  Answer answer = Send("Get", content);
  EXPECT_EQ(answer.reason, "REQUEST_TOO_LARGE");
  content.Clear();
  content.set_title(std::string(k64Mb, 'x'));
  answer = Send("Shapeless", content);
  EXPECT_THAT(answer.violations, ElementsAre(Pair("title", "STRING_SAFE_SQL")))
      << "too long to be judged";
  content.Clear();
  content.set_name(std::string(k64Mb, ' '));
  answer = Send("Shapeless", content);
  EXPECT_THAT(answer.violations, ElementsAre(Pair("name", "STRING_NORMALIZE")));
  EXPECT_EQ(delivered_, 0);
}

// Values at the edges of their types, and damaged bytes: each is answered, and the server goes on.
TEST_P(ContentTest, HostileBytesAreAnswered) {
  v1::CheckedRequest checked;
  checked.set_id("0f8fad5b-d9cb-469f-a165-70867728950e");
  checked.set_ratio(-std::numeric_limits<double>::infinity());
  checked.set_colour(static_cast<v1::Colour>(std::numeric_limits<int>::min()));
  (*checked.mutable_labels())["env"] = "test";
  checked.add_items()->set_quantity(std::numeric_limits<uint32_t>::max());
  Content content;
  content.set_watched("' or 1=1--");
  content.set_name(" a ");
  content.mutable_inner()->add_numbers(std::numeric_limits<int32_t>::min());
  std::vector<std::pair<std::string, std::string>> calls;
  std::mt19937 random(11);
  const auto at = [&random](size_t size) {
    return std::uniform_int_distribution<size_t>(0, size - 1)(random);
  };
  for (const auto& [method, good] :
       {std::pair<std::string, std::string>{"/warden.testing.v1.Probe/Checked",
                                            checked.SerializeAsString()},
        {FullName("Get"), content.SerializeAsString()},
        {FullName("Exchange"), content.SerializeAsString()}}) {
    calls.emplace_back(method, good + good);  // fields and map keys twice
    for (int i = 0; i < 150; ++i) {
      std::string bytes = good;
      for (size_t j = 0; j <= at(3); ++j) bytes[at(bytes.size())] = static_cast<char>(at(256));
      if (i % 3 == 0) bytes.insert(at(bytes.size()), bytes.substr(at(bytes.size())));
      calls.emplace_back(method, bytes);
    }
  }
  for (const auto& [method, bytes] : calls) {
    const Answer answer = Send(method, {bytes});
    EXPECT_NE(answer.code, grpc::StatusCode::DEADLINE_EXCEEDED);
    EXPECT_NE(answer.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_NE(answer.code, grpc::StatusCode::INTERNAL) << answer.text;
  }
  EXPECT_TRUE(Send("Get", content).ok());
  EXPECT_TRUE(Eventually([this] { return Metric("warden_calls_in_flight") == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Apis, ContentTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

// Takes streams of raw bytes, whose shape nobody could judge.
class RawContents final : public v1::Contents::WithRawCallbackMethod_Exchange<
                              v1::Contents::WithRawCallbackMethod_Get<v1::Contents::Service>> {};

TEST(ContentStartupTest, ShapesThatCouldNotBeJudgedStopTheStart) {
  RawContents service;
  World world({.customize = [&](ServerBuilder& builder) { builder.RegisterService(&service); }});
  const absl::Status started = world.Start();
  EXPECT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.message()),
              AllOf(HasSubstr("method /warden.testing.v1.Contents/Exchange: its handler takes a "
                              "stream of raw bytes, whose shape could not be judged"),
                    HasSubstr("has `string.normalize`")));
}

}  // namespace
}  // namespace warden::testing
