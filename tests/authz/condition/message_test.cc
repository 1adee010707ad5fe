// Conditions over messages and claims.
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/authz/condition/condition_testing.h"

namespace warden::condition {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Order Filled() {
  Order order;
  const bool read = google::protobuf::TextFormat::ParseFromString(
      R"(owner: "alice" i32: -5 i64: 9007199254740993 u32: 7 u64: 18446744073709551615 f32: 0.5
         f64: 2.5 flag: true blob: "\000\377" state: SHUT
         line { sku: "A" count: 2 unit: KILO }
         lines { sku: "A" count: 1 } lines { sku: "B" count: 5 } tags: "x" tags: "y"
         numbers: 3 numbers: 1 numbers: 2
         labels { key: "env" value: "prod" } by_number { key: 4 value { sku: "four" } }
         note: "" card: "c" created { seconds: 1234567890 nanos: 5 } ttl { seconds: 90 }
         limit { value: 10 } extra { fields { key: "a" value { number_value: 1.5 } }
                                     fields { key: "n" value { null_value: NULL_VALUE } } }
         any_json { list_value { values { bool_value: true } } }
         list_json { values { string_value: "s" } }
         packed { type_url: "x/y" value: "z" } parent { owner: "bob" } as: true)",
      &order);
  EXPECT_TRUE(read);
  return order;
}

struct Row {
  const char* text;
  const char* expected;
};

const Row kRows[] = {
    {"request.owner == 'alice'", "true"},
    {"request.i32 == -5 && request.i64 == 9007199254740993", "true"},
    {"request.u32 == 7u && request.u64 == 18446744073709551615u", "true"},
    {"request.f32 == 0.5 && request.f64 * 2.0 == 5.0", "true"},
    {"request.flag", "true"},
    {"request.blob == b'\\000\\xff' && size(request.blob) == 2", "true"},
    // Enums, from within the message and by their full names.
    {"request.state == State.SHUT", "true"},
    {"request.state == warden.condition_test.State.SHUT", "true"},
    {"request.state == .warden.condition_test.State.OPEN", "false"},
    {"request.line.unit == Line.Unit.KILO && request.line.unit == 3", "true"},
    {"request.line.unit == Order.Line.Unit.PIECE", "false"},
    // Messages.
    {"request.line.count + 1 == 3", "true"},
    {"request.parent.owner == 'bob'", "true"},
    {"request.parent.parent.parent.owner == ''", "true"},
    {"has(request.parent) && !has(request.parent.parent)", "true"},
    {"has(request.owner) && !has(request.parent.owner.size)", "problem: "},
    {"!has(request.parent.flag) && !has(request.parent.lines) && has(request.lines)", "true"},
    {"has(request.labels) && !has(request.parent.labels)", "true"},
    {"request.parent == request.parent && request.parent != request", "true"},
    {"request.line == request.lines[0]", "false"},
    // Presence.
    {"has(request.note) && request.note == ''", "true"},
    {"has(request.parent.note)", "false"},
    {"has(request.card) && !has(request.barter)", "true"},
    {"request.barter.sku == ''", "true"},
    // Lists.
    {"size(request.lines) == 2 && request.lines[1].sku == 'B'", "true"},
    {"request.lines.exists(l, l.sku == 'B' && l.count > 4)", "true"},
    {"request.lines.all(l, l.count > 1)", "false"},
    {"request.lines.exists_one(l, l.count == 1)", "true"},
    {"request.lines.filter(l, l.count > 1).map(l, l.sku) == ['B']", "true"},
    {"request.lines.map(l, l.count > 1, l.count * 2) == [10]", "true"},
    {"'x' in request.tags && !('z' in request.tags)", "true"},
    {"request.numbers == [3, 1, 2] && 2 in request.numbers", "true"},
    {"request.tags + ['z'] == ['x', 'y', 'z']", "true"},
    {"request.lines[2].sku == 'C'", "error: an index out of range (at 14)"},
    {"request.lines[-1].sku == 'C'", "error: an index out of range (at 14)"},
    // Maps.
    {"request.labels['env'] == 'prod' && request.labels.env == 'prod'", "true"},
    {"'env' in request.labels && !('x' in request.labels)", "true"},
    {"has(request.labels.env) && !has(request.labels.x)", "true"},
    {"request.labels.x == 'prod'", "error: no such key (at 16)"},
    {"request.by_number[4].sku == 'four' && 4 in request.by_number", "true"},
    {"request.by_number[5].sku == 'four'", "error: no such key (at 18)"},
    {"request.labels.all(k, request.labels[k] != '')", "true"},
    {"request.labels == {'env': 'prod'}", "true"},
    // Well-known types.
    {"request.created == timestamp('2009-02-13T23:31:30.000000005Z')", "true"},
    {"request.created + duration('1h') > request.created", "true"},
    {"request.created.getHours('+01:00') == 0", "true"},
    {"request.ttl == duration('90s') && request.ttl.getMinutes() == 1", "true"},
    {"request.parent.created == timestamp(0)", "true"},
    {"request.limit == 10 && request.limit + 1 == 11", "true"},
    {"request.nick == null && request.parent.limit == null", "true"},
    {"request.nick + 'x' == 'x'", "error: values of types"},
    {"request.extra.a == 1.5 && request.extra.a > 1 && request.extra.n == null", "true"},
    {"request.any_json[0] == true && request.list_json == ['s']", "true"},
    {"request.parent.any_json == null", "true"},
    {"request.extra.missing == 1", "error: no such key"},
    {"request.packed.value == b''", "problem: 1:16: a google.protobuf.Any cannot be looked into"},
    {"dyn(request).owner == 'alice' && dyn(request).lines[0].count == 1", "true"},
    {"dyn(request).ownr == 'alice'", "error: no such field"},
    {"dyn(request.packed) == 1", "error: a google.protobuf.Any"},
    {"request.as", "true"},
    {"type(request.i32) == int && type(request.limit) == int && type(request.nick) == null_type",
     "true"},
};

class MessageTest : public ::testing::TestWithParam<Row> {};

TEST_P(MessageTest, AsGeneratedAndAsDynamicMessage) {
  const Order order = Filled();
  EXPECT_THAT(Decide(GetParam().text, order), StartsWith(GetParam().expected));
  // The same type read by reflection alone.
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> dynamic(
      factory.GetPrototype(Order::descriptor())->New());
  ASSERT_TRUE(dynamic->ParseFromString(order.SerializeAsString()));
  EXPECT_THAT(Decide(GetParam().text, *dynamic), StartsWith(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(Rows, MessageTest, ::testing::ValuesIn(kRows));

TEST(Messages, OfAnotherTypeAreAnError) {
  Order::Line line;
  EXPECT_THAT(Decide("request.owner == ''", line), HasSubstr("a message of another type"));
}

TEST(Messages, TimesOutsideOfTheirRangeAreErrors) {
  Order order;
  order.mutable_created()->set_seconds(std::numeric_limits<int64_t>::max());
  order.mutable_ttl()->set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_THAT(Decide("request.created > timestamp(0)", order), StartsWith("error"));
  EXPECT_THAT(Decide("request.ttl > duration('0s')", order), StartsWith("error"));
  order.mutable_created()->set_seconds(1);
  order.mutable_created()->set_nanos(-1);
  EXPECT_THAT(Decide("request.created > timestamp(0)", order), StartsWith("error"));
}

TEST(Claims, AreExactNumbersAndWhateverElseJsonHas) {
  const nlohmann::json claims = nlohmann::json::parse(
      R"({"id": 9007199254740993, "big": 18446744073709551615, "half": 0.5, "t": true, "n": null,
          "list": [1, "a", {"x": [2]}], "https://shop.example/tenant": "t1", "": "empty"})");
  const Order order = Filled();
  const std::pair<const char*, const char*> rows[] = {
      {"claims.id == request.i64", "true"},
      {"claims.id == 9007199254740992", "false"},
      {"claims.id == 9007199254740992.0", "false"},
      {"claims.big == request.u64 && claims.big > 1 && claims.half < 1", "true"},
      {"claims.t", "true"},
      {"claims.n == null && !has(claims.x) && has(claims.n)", "true"},
      {"claims.list[2].x[0] == 2 && 'a' in claims.list && size(claims.list) == 3", "true"},
      {"claims['https://shop.example/tenant'] == 't1'", "true"},
      {"claims.`https://shop.example/tenant` == 't1' && claims[''] == 'empty'", "true"},
      {"claims.exists(c, c == 'half')", "true"},
      {"claims.missing == 'x'", "error: no such key (at 8)"},
      {"claims.missing == 'x' || request.flag", "true"},
      {"claims.missing == 'x' && request.flag", "error: no such key (at 8)"},
      {"claims.t.x == 1", "error: a field of something that has none"},
      {"claims.list.x == 1", "error: a field of something that has none"},
      {"claims.list == 1", "false"},
      {"claims.list", "error: a result that is no bool"},
      {"claims.list && true", "error: a result that is no bool"},
      {"claims.list && true || false", "error: a value that is no bool"},
      {"claims.id", "error: a result that is no bool"},
      {"!claims.id", "error: values of types"},
      {"claims.id ? true : true", "error: a value that is no bool"},
      {"claims.id < 'a'", "error: values of types"},
      {"claims.t < 1", "error: values of types"},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_THAT(Decide(text, order, claims), StartsWith(expected)) << text;
  }
}

TEST(Conditions, AnEmptyOneNeverHolds) {
  const Order order;
  const nlohmann::json claims;
  EXPECT_FALSE(Condition().Evaluate(TestActivation(order, claims)).holds());
}

TEST(Conditions, AreSplitByWhatTheyNeed) {
  std::vector<ExpressionProblem> problems;
  const auto split = [&](std::string_view text) {
    return Condition::Compile(text, TestEnvironment(), &problems)->Split(0);
  };
  const auto both = split("claims.a == 1 && (request.flag && claims.b == 2) && request.i32 > 0");
  ASSERT_TRUE(both.without.has_value() && both.with.has_value());
  EXPECT_FALSE(both.without->Needs(0));
  EXPECT_TRUE(both.without->Needs(1));
  EXPECT_TRUE(both.with->Needs(0));
  EXPECT_FALSE(both.with->Needs(1));
  // What is joined by anything else stays together.
  EXPECT_FALSE(split("claims.a == 1 || request.flag").without.has_value());
  EXPECT_FALSE(split("claims.a == 1 ? request.flag : false").without.has_value());
  EXPECT_FALSE(split("claims.a == 1").with.has_value());
  EXPECT_TRUE(split("has(request.owner)").with->Needs(0));
  EXPECT_TRUE(split("request.lines.all(l, l.count > claims.a)").with->Needs(0));
}

TEST(Conditions, HoldIfAndOnlyIfBothHalvesDo) {
  const char* const parts[] = {"claims.t",     "claims.f",      "claims.x == 1",
                               "request.flag", "!request.flag", "1 / request.parent.i32 > 0"};
  const nlohmann::json claims = {{"t", true}, {"f", false}};
  const Order order = Filled();
  const TestActivation activation(order, claims);
  for (const std::string a : parts) {
    for (const std::string b : parts) {
      for (const std::string c : parts) {
        std::vector<ExpressionProblem> problems;
        const auto whole =
            Condition::Compile(a + " && " + b + " && " + c, TestEnvironment(), &problems);
        ASSERT_TRUE(whole.has_value());
        const Condition::Halves halves = whole->Split(0);
        const bool first = !halves.without || halves.without->Evaluate(activation).holds();
        const bool second = !halves.with || halves.with->Evaluate(activation).holds();
        EXPECT_EQ(whole->Evaluate(activation).holds(), first && second);
        const bool all = Decide(a, order, claims) == "true" && Decide(b, order, claims) == "true" &&
                         Decide(c, order, claims) == "true";
        EXPECT_EQ(whole->Evaluate(activation).holds(), all);
      }
    }
  }
}

}  // namespace
}  // namespace warden::condition
