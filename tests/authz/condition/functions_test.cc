// Functions that the published examples do not cover: `format`, `getField`, tests of bytes; and
// what an environment adds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/authz/condition/condition_testing.h"

namespace warden::condition {
namespace {

using ::testing::StartsWith;

struct Row {
  const char* text;
  const char* expected;
};

TEST(FunctionsTest, Rows) {
  const Row rows[] = {
      // cel-go, ext/strings.go, "Format".
      {"'%s and %d'.format(['a', 3]) == 'a and 3'", "true"},
      {"'100%%'.format([]) == '100%'", "true"},
      {"'%s %s %s'.format([true, null, 1.5]) == 'true null 1.5'", "true"},
      {"'%s'.format([[1, 'a', [2u]]]) == '[1, a, [2]]'", "true"},
      {"'%s'.format([{'a': 1}]) == '{a: 1}'", "true"},
      {"'%s %s'.format([duration('90s'), timestamp(0)]) == '90s 1970-01-01T00:00:00Z'", "true"},
      {"'%s'.format([b'abc']) == 'abc'", "true"},
      {"'%f %.2f %.0f'.format([1.5, 2.345, 3]) == '1.500000 2.35 3'", "true"},
      {"'%.1e'.format([1234.5]) == '1.2e+03'", "true"},
      {"'%b %o %x %X'.format([5, 8, 255, 255u]) == '101 10 ff FF'", "true"},
      {"'%b %x'.format([true, 'hi']) == '1 6869'", "true"},
      {"'%d'.format([-9223372036854775808]) == '-9223372036854775808'", "true"},
      {"'%s'.format([0.0 / 0.0]) == 'NaN' && '%d'.format([1.0 / 0.0]) == 'Infinity'", "true"},
      {"'%s'.format([request.owner]) == 'alice'", "true"},
      {"'%s'.format([]) == ''", "error: fewer arguments than `format` has clauses for"},
      {"'a'.format([1]) == ''", "error: more arguments than `format` has clauses for"},
      {"'%y'.format([1]) == ''",
       "error: a clause of `format` that does not exist, or not for such a value"},
      {"'%d'.format(['a']) == ''",
       "error: a clause of `format` that does not exist, or not for such a value"},
      {"'%.999999999999f'.format([1.0]) == ''",
       "error: a clause of `format` that does not exist, or not for such a value"},
      {"'%'.format([1]) == ''",
       "error: a clause of `format` that does not exist, or not for such a value"},
      {"'%s'.format([request]) == ''",
       "error: a clause of `format` that does not exist, or not for such a value"},
      {"'%d'.format(1) == ''", "problem: 1:6: `format` does not take (string, int)"},
      {"getField(request, 'owner') == 'alice'", "true"},
      {"getField(request, 'as')", "false"},
      {"getField(claims, 'sub') == 'x'", "error: no such key"},
      {"getField(request, 'ownr') == ''",
       "problem: 1:1: no field `ownr` in warden.condition_test.Order; did you mean `owner`?"},
      {"getField(request, request.owner) == ''",
       "problem: 1:1: `getField` takes a value and a string literal, as in getField(a, 'in')"},
      {"b'abc'.startsWith(b'ab') && b'abc'.endsWith(b'bc') && b'abc'.contains(b'b')", "true"},
      {"b'abc'.startsWith(b'b') || b'abc'.endsWith(b'b') || b'abc'.contains(b'x')", "false"},
      {"b'abc'.startsWith('a')", "problem: 1:8: `startsWith` does not take (bytes, string)"},
      {"dyn(b'abc').startsWith(b'a')", "true"},
      {"dyn(b'abc').startsWith('a')",
       "error: values of types that the operator or function does not take"},
  };
  Order order;
  order.set_owner("alice");
  for (const Row& row : rows)
    EXPECT_THAT(Decide(row.text, order), StartsWith(row.expected)) << row.text;
}

// One step of an expression must not make another much dearer.
TEST(FunctionsTest, FormatIsPaidFor) {
  Order order;
  order.set_owner(std::string(1'000'000, 'a'));
  EXPECT_THAT(
      Decide("'%s%s%s%s'.format([request.owner, request.owner, request.owner, request.owner])"
             ".size() > 0",
             order),
      StartsWith("error: the evaluation took more steps than it may"));
}

// Keys are looked up by their value, whatever number they are written as, and at a constant price.
TEST(FunctionsTest, KeysOfMapFields) {
  Order order;
  for (int i = 0; i < 5000; ++i) (*order.mutable_by_number())[i].set_count(1);
  (*order.mutable_labels())["env"] = "prod";
  const Row rows[] = {
      {"request.by_number.all(k, request.by_number[k].count == 1)", "true"},
      {"request.by_number[4u].count == 1 && request.by_number[dyn(4.0)].count == 1", "true"},
      {"-1 in request.by_number || 5000 in request.by_number", "false"},
      {"dyn(4.5) in request.by_number || dyn(0.0 / 0.0) in request.by_number", "false"},
      {"dyn(1e300) in request.by_number || 9223372036854775807 in request.by_number", "false"},
      {"dyn('4') in request.by_number || dyn(true) in request.by_number", "false"},
      {"request.by_number[5000].count == 1", "error: no such key"},
      {"request.labels['env'] == 'prod' && request.labels.env == 'prod'", "true"},
      {"'en' in request.labels || '' in request.labels", "false"},
  };
  for (const Row& row : rows)
    EXPECT_THAT(Decide(row.text, order), StartsWith(row.expected)) << row.text;
}

Value Twice(Context&, const Value* args, const void*) { return Value::Int(2 * args[0].i); }

constexpr Overload kMore[] = {
    {"twice", true, 1, {Kind::kInt, Kind::kDyn, Kind::kDyn}, Kind::kInt, Twice},
};

TEST(FunctionsTest, AnEnvironmentAddsConstantsAndFunctions) {
  Environment environment = TestEnvironment();
  environment.AddConstant("pattern", Type::Of(Kind::kString), Value::String("^[a-z]+$"));
  environment.AddConstant("limit", Type::Of(Kind::kInt), Value::Int(21));
  environment.AddFunctions(kMore);
  Order order;
  order.set_owner("alice");
  const nlohmann::json claims;
  const auto holds = [&](const char* text) {
    std::vector<ExpressionProblem> problems;
    const auto condition = Condition::Compile(text, environment, &problems);
    return condition.has_value() && condition->Evaluate(TestActivation(order, claims)).holds();
  };
  EXPECT_TRUE(holds("limit.twice() == 42 && -limit == -21"));
  EXPECT_TRUE(holds("request.owner.matches(pattern)"));
  EXPECT_FALSE(holds("'A'.matches(pattern)"));
  EXPECT_FALSE(holds("limit == 22"));
  EXPECT_FALSE(holds("has(limit)"));
  EXPECT_EQ(Problems("3.twice() == 6").size(), 1u);  // not without the environment
}

}  // namespace
}  // namespace warden::condition
