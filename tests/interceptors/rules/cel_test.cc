// Conditions in rules: when they are asked, what they say, and what is not told.
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cel_rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::vector<Violation> ViolationsOf(const google::protobuf::Message& message) {
  std::vector<Violation> violations;
  MustCompile(*message.GetDescriptor())
      ->Check(message, absl::UnixEpoch() + absl::Seconds(100), 100, &violations);
  return violations;
}

TEST(CelTest, OfMessages) {
  ExpectRows<rules_test::CelSpan>({
      {"", {}},
      {"from: 1 to: 1", {}},
      {"from: 2 to: 1", {": span.order"}},
      {"from: -1", {": this.from >= 0"}},
      {"from: -1 to: -2", {": span.order", ": this.from >= 0"}},
      {"state: CEL_STATE_OPEN", {": span.open"}},
      {"state: CEL_STATE_OPEN note: ''", {}},
  });
  ExpectRows<rules_test::CelSpans>({
      {"spans {} spans { from: 2 }", {"spans[1]: span.order"}},
      {"span { from: 2 }", {"span: span.order"}},
  });
}

TEST(CelTest, OfScalars) {
  ExpectRows<rules_test::CelScalars>({
      {"", {}},
      {"even: 3", {"even: even"}},
      {"even: -2147483647", {"even: even"}},
      {"even: -2147483648", {}},
      {"present: 0", {"present: present"}},
      {"present: 1", {}},
      {"small: 10", {"small: this < 10u"}},
      {"large: 18446744073709551615", {"large: this != 18446744073709551615u"}},
      {"ratio: nan", {"ratio: !this.isNan() && !this.isInf(-1)"}},
      {"ratio: -inf", {"ratio: !this.isNan() && !this.isInf(-1)"}},
      {"ratio: inf", {}},
      {"exact: 1", {"exact: this < 1.0 || this.isInf()"}},
      {"exact: inf", {}},
      {"agreed: true", {"agreed: !this"}},
      {"word: 'good'", {}},
      {"word: 'bad'", {"word: word"}},
      {"blob: '\\000a'", {"blob: !this.startsWith(b'\\x00')"}},
      {"blob: 'a'", {}},
      {"state: 7", {"state: this in [0, 1]"}},
      {"inner {}", {"inner: inner.a"}},
      {"inner { a: 1 }", {}},
      {"wrapped { value: 'x' }", {"wrapped: this != 'x'"}},
      {"wrapped {}", {}},
      {"when { nanos: 1 }", {"when: this <= now"}},  // the test's now is the epoch
      {"when {}", {}},
      {"timeout { seconds: 10 }", {"timeout: this < duration('10s')"}},
      {"timeout { seconds: 9 nanos: 999999999 }", {}},
      {"both: 4", {"both: int32.lt"}},
      {"both: 6", {"both: both", "both: int32.lt"}},
      {"chosen: 0", {"chosen: chosen"}},
      {"chosen: 1", {}},
      {"never: 3", {}},
  });
}

TEST(CelTest, PathsOfAMessage) {
  ExpectRows<rules_test::CelScalars>({
      {"mask {}", {}},
      {"mask { paths: 'spans' paths: 'span' paths: 'span.from' }", {}},
      {"mask { paths: 'spans.from' }", {"mask: field_mask.paths_of"}},
      {"mask { paths: 'span.nothing' }", {"mask: field_mask.paths_of"}},
      {"mask { paths: 'span.from.x' }", {"mask: field_mask.paths_of"}},
      {"mask { paths: 'span' paths: '' }", {"mask: field_mask.paths_of"}},
      {"mask { paths: 'span.' }", {"mask: field_mask.paths_of"}},
      {"mask { paths: '*' }", {"mask: field_mask.paths_of"}},
  });
}

TEST(CelTest, OfListsAndMaps) {
  ExpectRows<rules_test::CelContainers>({
      {"", {}},
      {"ones: [1, 1]", {}},
      {"ones: [1, 2]", {"ones: ones"}},
      {"names: ['abc', 'abcd', '']", {"names[1]: names.item"}},
      {"counts { key: 'a' value: 1 }", {}},
      {"counts { key: 'a' value: 0 } counts { key: 'b' value: 1 }", {"counts: counts"}},
      {"counts { key: '' value: 1 }", {"counts[\"\"]: counts.key"}},
      {"counts { key: 'b' value: 100 }", {"counts[\"b\"]: counts.value"}},
      {"inners { key: 4 value { a: 2 } } inners { key: 5 value { a: 1 } }",
       {"inners[4]: inners.value"}},
      {"list { a: 1 } list {}", {"list[1]: list.item"}},
      {"distinct: ['a', 'b', 'a']", {"distinct: distinct"}},
      {"distinct: ['a', 'b', '']", {}},
      {"some: 1", {"some: some"}},
      {"some: [1, 2]", {}},
  });
}

// What cannot be decided is a violation, and says nothing of why.
TEST(CelTest, ErrorsRefuse) {
  ExpectRows<rules_test::CelErrors>({
      {"", {}},
      {"on: false", {": errors.dyn"}},
      {"divisor: 1", {"divisor: errors.zero"}},
      {"divisor: 2", {}},
      {"odd { seconds: 253402300800 }", {"odd: errors.odd"}},
      {"odd { nanos: -1 }", {"odd: errors.odd"}},
      {"odd { seconds: 253402300799 }", {}},
  });
  rules_test::CelErrors message;
  message.set_divisor(1);
  EXPECT_EQ(ViolationsOf(message).at(0).message, "could not be checked");
  message.set_divisor(0);
  for (int i = 0; i < 100; ++i) message.add_many(1);
  EXPECT_EQ(ViolationsOf(message).at(0).rule, "errors.cost");
  EXPECT_EQ(ViolationsOf(message).at(0).message, "could not be checked");
}

TEST(CelTest, WhatIsSaid) {
  rules_test::CelScalars message;
  message.set_even(1);
  message.set_small(10);
  message.set_word("bad\nw\xc3\xb6rd\x01");
  const std::vector<Violation> violations = ViolationsOf(message);
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].message, "must be even");
  EXPECT_EQ(violations[0].rule_path, "cel[0]");
  EXPECT_EQ(violations[1].message, "\"this < 10u\" returned false");
  EXPECT_EQ(violations[1].rule_path, "cel_expression[0]");
  EXPECT_EQ(violations[2].message, "not bad?w\xc3\xb6rd?, it has 9 characters");
  message.Clear();
  message.set_word("bad" + std::string(1000, 'x'));
  EXPECT_EQ(ViolationsOf(message).at(0).message, "not bad" + std::string(193, 'x') + "...");
}

TEST(CelTest, RulePathsAndKeys) {
  rules_test::CelSpan span;
  span.set_from(1);
  EXPECT_EQ(ViolationsOf(span).at(0).rule_path, "");  // stands in no FieldRules
  rules_test::CelContainers message;
  message.add_names("abcd");
  (*message.mutable_counts())[""] = 100;
  const std::vector<Violation> violations = ViolationsOf(message);
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].rule_path, "repeated.items.cel[0]");
  EXPECT_FALSE(violations[0].for_key);
  EXPECT_EQ(violations[1].rule_path, "map.keys.cel[0]");
  EXPECT_TRUE(violations[1].for_key);
  EXPECT_EQ(violations[2].rule_path, "map.values.cel[0]");
  EXPECT_FALSE(violations[2].for_key);
}

TEST(CelTest, SensitiveValuesAreNotSaid) {
  rules_test::CelSecrets message;
  message.set_secret("planted");
  message.mutable_below()->set_word("planted");
  for (const Violation& violation : ViolationsOf(message)) {
    EXPECT_THAT(violation.message, Not(HasSubstr("not planted"))) << violation.field;
    // Nor what they are compared with, but for the rules of a type that is sensitive only here.
    if (violation.field == "below.word") continue;
    EXPECT_EQ(violation.message, "is not valid");
  }
  EXPECT_THAT(
      Broken(*MustCompile(*message.GetDescriptor()), message),
      UnorderedElementsAre(": secrets.whole", "secret: secrets.secret", "below.word: word"));
  message.Clear();
  message.mutable_open()->set_word("seen");
  EXPECT_EQ(ViolationsOf(message).at(0).message, "not seen");
}

TEST(CelTest, ClassifiedValuesAreNotSaid) {
  ProtoPool pool;
  const auto* file = pool.AddMessages(R"text(
      message M {
        option (warden.v1.message_rules).cel = {id: "m", expression: "this.a == '' ? '' : 'not ' + this.a"};
        string a = 1 [(warden.v1.sensitivity) = PII];
      })text");
  ASSERT_NE(file, nullptr);
  const auto* type = file->FindMessageTypeByName("M");
  EXPECT_TRUE(MessageWithText(*type, "planted", [](const google::protobuf::Message& message) {
    const std::vector<Violation> violations = ViolationsOf(message);
    return violations.size() == 1 && violations[0].message == "is not valid";
  }));
}

TEST(CelTest, IdsAreKnownBeforehand) {
  EXPECT_THAT(MustCompile(*rules_test::CelSpan::descriptor())->rule_ids(),
              IsSupersetOf({"span.order", "this.from >= 0", "span.open"}));
}

// Compiles message M of package t; the problems, or "".
std::string ErrorOf(const std::string& messages) {
  ProtoPool pool;
  const auto* file = pool.AddMessages(messages);
  if (file == nullptr) return "the proto is not valid";
  const auto program = Program::Compile(*file->FindMessageTypeByName("M"));
  return program.ok() ? "" : std::string(program.status().message());
}

TEST(CelTest, MistakesAreFoundAtStartUp) {
  EXPECT_EQ(
      ErrorOf(R"text(
      message M {
        option (warden.v1.message_rules).cel = {id: "m.b", expression: "this.b > 0"};
        option (warden.v1.message_rules).cel = {id: "m.a", expression: "this.a.startsWith('foo')"};
        int32 a = 1 [(warden.v1.rules).cel = {id: "a.sum", expression: "this + 1"}];
        int32 c = 2 [(warden.v1.rules).cel = {expression: "this == 1"}];
        int32 d = 3 [(warden.v1.rules).cel = {id: "d"}];
        repeated string e = 4 [(warden.v1.rules).repeated.items.cel_expression = "this.isEmial()"];
        map<string, int32> f = 5 [(warden.v1.rules).map.values.cel_expression = "this == '1'"];
        int32 g = 6 [(warden.v1.rules).cel_expression = "rule == 1"];
        google.protobuf.FieldMask h = 7 [(warden.v1.rules).field_mask.paths_of = "t.N"];
        bytes i = 8 [(warden.v1.rules).cel_expression = "this == '1'"];
      })text"),
      "t.proto: t.M: `cel[0]` (m.b), at 1:6: no field `b` in t.M; did you mean `a`?\n"
      "t.proto: t.M: `cel[1]` (m.a), at 1:8: `startsWith` does not take (int, string)\n"
      "t.proto: t.M.a: `cel[0]` (a.sum): a condition gives a bool or a string; this gives int\n"
      "t.proto: t.M.c: `cel[0]`: `id` is missing: violations are known by it\n"
      "t.proto: t.M.d: `cel[0]` (d): `expression` is missing\n"
      "t.proto: t.M.e: `repeated.items.cel_expression[0]`, at 1:6: no function `isEmial`; did "
      "you mean `isEmail`?\n"
      "t.proto: t.M.f: `map.values.cel_expression[0]`, at 1:6: int and string are never equal\n"
      "t.proto: t.M.g: `cel_expression[0]`, at 1:1: no name `rule`; there are `this`, `now`\n"
      "t.proto: t.M.h: `field_mask.paths_of`: no message t.N is known here; import its proto\n"
      "t.proto: t.M.i: `cel_expression[0]`, at 1:6: bytes and string are never equal");
}

TEST(CelTest, IdsAreBounded) {
  const std::string sum = "this" + std::string(200, ' ') + "> 1";
  EXPECT_EQ(
      ErrorOf(absl::StrCat("message M { int32 a = 1 [(warden.v1.rules).cel_expression = \"", sum,
                           "\"]; }")),
      "t.proto: t.M.a: `cel_expression[0]`: violations are known, and counted, by an id of at "
      "most 200 bytes; give it a shorter `id` in `cel`");
  EXPECT_EQ(ErrorOf(absl::StrCat("message M { int32 a = 1 [(warden.v1.rules).cel = {id: \"sum\", "
                                 "expression: \"",
                                 sum, "\"}]; }")),
            "");
}

// An empty message is the zero value of an item, as "" is.
TEST(CelTest, EmptyMessagesAmongItems) {
  ProtoPool pool;
  const auto* file = pool.AddMessages(R"text(
      message N { int32 a = 1 [(warden.v1.rules).int32.gt = 1]; }
      message M {
        repeated N n = 1 [(warden.v1.rules).repeated.items = {
          ignore: IGNORE_IF_ZERO_VALUE, cel: {id: "n.two", expression: "this.a >= 2"}
        }];
      })text");
  ASSERT_NE(file, nullptr);
  const auto* type = file->FindMessageTypeByName("M");
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString("n {} n { a: 1 } n { a: 2 }", message.get()));
  EXPECT_THAT(Broken(*MustCompile(*type), *message),
              UnorderedElementsAre("n[1]: n.two", "n[1].a: int32.gt"));
}

TEST(CelTest, TheExampleOfTheDocs) {
  EXPECT_EQ(ErrorOf(R"text(
      message M {
        option (warden.v1.message_rules).cel = {
          id: "stay.order"
          message: "departure must be after arrival"
          expression: "this.arrival < this.departure"
        };
        google.protobuf.Timestamp arrival = 1 [(warden.v1.rules) = {required: true, cel: {id: "stay.future", expression: "this > now"}}];
        google.protobuf.Timestamp departure = 2 [(warden.v1.rules).required = true];
        int32 beds = 3 [(warden.v1.rules).cel_expression = "this % 2 == 0"];
        repeated string guests = 4 [(warden.v1.rules).cel = {
          id: "stay.guests"
          expression: "this.exists(g, g.endsWith('*')) ? '' : 'one of the %d guests must be marked with *'.format([this.size()])"
        }];
      })text"),
            "");
}

// The functions, with values and verdicts of the ecosystem's conformance suite
// (bufbuild/protovalidate, tools/protovalidate-conformance/internal/cases: cases_is_*.go).
TEST(CelTest, FunctionsOfFormats) {
  struct Function {
    const char* expression;
    std::vector<const char*> valid, invalid;
  };
  const std::vector<Function> functions = {
      {"this.isEmail()", {"foo@example.com", "foo@0-1-example.com"}, {"foo@", "foo", " a@b.c"}},
      {"this.isHostname()", {"A.ISI.EDU", "a.b.", "0-1.x"}, {"", "1.2.3.4", "-a", "a..b", "."}},
      {"this.isHostAndPort(true)",
       {"example.com:0", "[::1]:65535", "127.0.0.1:1", "[::1%zone]:1"},
       {"example.com", "a:", "a:65536", "a:01", "::1:1", "[::1]", "[::1]:", "[::1]1", ":1", "[]:1",
        "a:+1"}},
      {"this.isHostAndPort(false)",
       {"example.com", "example.com:80", "[::1]", "[::1]:80", "1.2.3.4", "1.2.3.4:5"},
       {"", "::1", "[::1", "[::1]x", "a:", "a b", "[a]", "256.0.0.1"}},
      {"this.isIp()", {"127.0.0.1", "::", "fe80::1%en1"}, {"", "1.2.3", "01.2.3.4", ":::", "::1%"}},
      {"this.isIp(4)", {"0.0.0.0"}, {"::1", "1.2.3.4.5", "1.2.3.4 "}},
      {"this.isIp(6)", {"::1", "1:2:3:4:5:6:1.2.3.4"}, {"1.2.3.4", "1::2::3", "12345::"}},
      {"this.isIp(1)", {}, {"1.2.3.4", "::1"}},
      {"this.isIpPrefix()", {"1.2.3.4/24", "::1/64"}, {"1.2.3.4", "1.2.3.4/33", "::/129", "::/01"}},
      {"this.isIpPrefix(true)", {"1.2.3.0/24", "::/0"}, {"1.2.3.4/24", "::1/64"}},
      {"this.isIpPrefix(4)", {"1.2.3.4/0"}, {"::/0", "1.2.3.4/-1", "1.2.3.4/"}},
      {"this.isIpPrefix(6, true)", {"::/0", "1::/16"}, {"::1/0", "1.2.3.0/24", "::%a/0"}},
      {"this.isUri()", {"https://a.b/c?d#e", "urn:a:b", "a:"}, {"", "./x", "//a", "https://a b"}},
      {"this.isUriRef()", {"", "./x", "//a", "?q", "#f"}, {":a", "a b", "\\\\", "%g"}},
  };
  for (const Function& function : functions) {
    ProtoPool pool;
    const auto* file = pool.AddMessages(
        absl::StrCat("message M { string a = 1 [(warden.v1.rules).cel_expression = \"",
                     function.expression, "\"]; }"));
    ASSERT_NE(file, nullptr);
    const auto* type = file->FindMessageTypeByName("M");
    const auto program = MustCompile(*type);
    const auto holds = [&](const char* value) {
      return MessageWithText(*type, value, [&](const google::protobuf::Message& message) {
        return Broken(*program, message).empty();
      });
    };
    for (const char* value : function.valid) {
      EXPECT_TRUE(holds(value)) << function.expression << " " << value;
    }
    for (const char* value : function.invalid) {
      EXPECT_FALSE(holds(value)) << function.expression << " " << value;
    }
  }
}

}  // namespace
}  // namespace warden::rules
