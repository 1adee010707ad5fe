// What start-up says of expressions that are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/authz/condition/condition_testing.h"

namespace warden::condition {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Row {
  const char* text;
  const char* problem;  // the whole text of the first
};

const Row kRows[] = {
    // Names.
    {"request.ownr == 'x'",
     "1:9: no field `ownr` in warden.condition_test.Order; did you mean `owner`?"},
    {"request.line.cont == 1",
     "1:14: no field `cont` in warden.condition_test.Order.Line; did you mean `count`?"},
    {"request.lines.sku == 'A'",
     "1:15: no field `sku` in a value of type list(warden.condition_test.Order.Line), which has "
     "none"},
    {"request.owner.size == 1", "1:15: no field `size` in a value of type string, which has none"},
    {"reqest.owner == 'x'", "1:1: no name `reqest`; did you mean `request`?"},
    {"nobody == 'x'", "1:1: no name `nobody`; there are `request`, `claims`"},
    {"request.state == State.SHUTT",
     "1:24: no value `SHUTT` in the enum warden.condition_test.State; did you mean `SHUT`?"},
    {"request.lines.all(l, m.count > 1)", "1:22: no name `m`; did you mean `l`?"},
    {"request.lines.all(l, l.count > 1) && l.count > 1",
     "1:38: no name `l`; there are `request`, "
     "`claims`"},
    // Types.
    {"request.owner", "1:1: a condition must be bool; this is string"},
    {"1", "1:1: a condition must be bool; this is int"},
    {"request.owner == 1", "1:15: string and int are never equal"},
    {"request.u32 == 1",
     "1:13: uint and int are never equal; convert one with int(), uint() or double(), or write 1u "
     "or 1.0 for 1"},
    {"request.owner < 1", "1:15: `<` does not take (string, int)"},
    {"request.i32 + request.f64 > 1.0",
     "1:13: `+` does not take (int, double); convert one with int(), uint() or double(), or write "
     "1u or 1.0 for 1"},
    {"request.owner && true", "1:9: each side of `&&` must be bool; this is string"},
    {"!request.owner", "1:10: what follows `!` must be bool; this is string"},
    {"request.i32 ? true : false", "1:9: what stands before `?` must be bool; this is int"},
    {"'x' in request.owner", "1:16: what follows `in` must be a list or map; this is string"},
    {"1 in request.tags", "1:3: int is never in list(string)"},
    {"request.tags['x'] == 'y'", "1:14: a list's index must be int; this is string"},
    {"request.labels[1] == 'y'", "1:16: the keys of a map(string, string) are not int"},
    {"request.owner[0] == 'y'", "1:9: only lists and maps have an index; this is string"},
    {"request.owner.all(c, true)",
     "1:15: `all` goes over lists and the keys of maps; this is string"},
    {"request.owner == null", "1:15: string and null_type are never equal"},
    {"request.owner.startsWith(1)", "1:15: `startsWith` does not take (string, int)"},
    {"request.owner.startWith('a')", "1:15: no function `startWith`; did you mean `startsWith`?"},
    {"startsWith(request.owner, 'a')",
     "1:1: no function `startsWith`; write it as `value.startsWith(...)`"},
    {"request.owner.int() == 1", "1:15: no function `int`; write it as `int(value)`"},
    {"request.lines.filter(l, l.sku).size() == 1",
     "1:27: the condition of `filter` must be bool; this is string"},
    {"{1.5: 2}[1] == 2", "1:2: a map's key cannot be of type double"},
    // What must be known at start-up.
    {"request.owner.matches(request.nick)",
     "1:15: the pattern of `matches` must be a string literal"},
    {"request.owner.matches('(')", "1:15: not a pattern of RE2: missing ): ("},
    {"request.owner.matches('(?=x)')", "1:15: not a pattern of RE2: invalid perl operator: (?="},
    {"request.created.getHours('Mars/Base') == 1",
     "1:17: the time zone must be a string literal such as 'Europe/Berlin' or '+02:00', and known "
     "to this system"},
    {"request.created.getHours('../../etc/passwd') == 1",
     "1:17: the time zone must be a string literal such as 'Europe/Berlin' or '+02:00', and known "
     "to this system"},
    {"cidr(request.owner).containsIP('x')",
     "1:1: `cidr` takes a string literal, as in cidr('10.0.0.0/8')"},
    {"has(request)", "1:1: `has` takes a field, as in has(request.owner)"},
    {"has(State.OPEN)", "1:11: has() of a constant, which is always there"},
    {"request.lines.map(l)", "1:15: `map` is written `list.map(name, [condition,] value)`"},
    {"request.lines.all(l.x, true)", "1:21: a name for the element is needed here"},
    // Syntax.
    {"", "1:1: a value, a name or `(` is needed here; found the end"},
    {"  ", "1:3: a value, a name or `(` is needed here; found the end"},
    {"request.",
     "1:9: a field's or function's name follows a dot; found the end; other names "
     "stand in backticks or in [\"...\"]"},
    {"request.flag true", "1:14: nothing can follow here but an operator; found `true`"},
    {"(request.flag", "1:14: `(` needs its `)` here; found the end"},
    {"request.flag = true", "1:14: `=` begins nothing that an expression can have"},
    {"request.flag & true", "1:14: `&` begins nothing that an expression can have"},
    {"request.flag ? true", "1:20: `? :` needs a `:` here; found the end"},
    {"request.owner == 'x",
     "1:20: the text has no end; close it with the quotes that it began "
     "with"},
    {"request.owner == 'x\ny'",
     "1:20: a text in single quotes ends on its line; write \\n, or use "
     "''' or \"\"\""},
    {"request.owner == '\\q'",
     "1:19: no such escape; there are \\a \\b \\f \\n \\r \\t \\v \\\\ \\? \\\" \\' \\` \\xHH "
     "\\ooo, "
     "and in strings \\uHHHH and \\UHHHHHHHH"},
    {"request.i64 == 9223372036854775808",
     "1:16: not a signed number of 64 bits; unsigned ones end in `u`"},
    {"request.i64 == 99999999999999999999", "1:16: not a number of 64 bits"},
    {"request.f64 == 1e999", "1:16: not a number that a double can be near to"},
    {"request.i64 == 1a", "1:16: a number runs into a name; put something between them"},
    {"while", "1:1: `while` is a reserved word and no name"},
    {"Order{owner: 'x'} == request",
     "1:6: messages cannot be made in a condition; compare their fields one by one"},
    {"size(request.tags,) == 1", "1:21: an argument follows a comma"},
    {"request.owner ==\n  'x' &&\n  request.flg",
     "3:11: no field `flg` in warden.condition_test.Order; did you mean `flag`?"},
    {"'\xc3\xa4\xc3\xb6' == request.ownr",
     "1:17: no field `ownr` in warden.condition_test.Order; did you mean `owner`?"},
};

class CompileTest : public ::testing::TestWithParam<Row> {};

TEST_P(CompileTest, SaysWhatIsWrongAndWhere) {
  const std::vector<std::string> problems = Problems(GetParam().text);
  ASSERT_FALSE(problems.empty()) << GetParam().text;
  EXPECT_EQ(problems[0], GetParam().problem) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Rows, CompileTest, ::testing::ValuesIn(kRows));

TEST(Compile, ListsEveryProblem) {
  EXPECT_THAT(Problems("request.a == 1 && request.b == 2 && request.owner > 3"), SizeIs(3));
  std::string many = "request.flag";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&many, " && request.x", i);
  EXPECT_THAT(Problems(many), SizeIs(ExpressionProblems::kMostKept));
}

TEST(Compile, CidrNeedsARangeWithoutBitsBehindIt) {
  EXPECT_THAT(Problems("cidr('10.0.0.0/8').containsIP('10.1.2.3')"), IsEmpty());
  EXPECT_THAT(Problems("cidr('10.0.0.1/8').containsIP('10.1.2.3')"), SizeIs(1));
  EXPECT_THAT(Problems("cidr('10.0.0.0/33').containsIP('10.1.2.3')"), SizeIs(1));
  EXPECT_THAT(Problems("cidr('ten').containsIP('10.1.2.3')"), SizeIs(1));
}

TEST(Compile, NamesWithDotsAreVariables) {
  Environment environment;
  environment.AddVariable("caller.subject", Type::Of(Kind::kString));
  environment.AddVariable("caller.claims", Type::MapOf(Type::Of(Kind::kString), Type()));
  std::vector<ExpressionProblem> problems;
  const auto compile = [&](std::string_view text) -> std::string {
    problems.clear();
    if (Condition::Compile(text, environment, &problems).has_value()) return {};
    return ToString(problems.at(0));
  };
  EXPECT_EQ(compile("caller.subject == 'x' && caller.claims.a.b == 1"), "");
  EXPECT_EQ(compile("caller == 'x'"),
            "1:1: `caller` is no value of its own; write one of `caller.subject`, "
            "`caller.claims`");
  EXPECT_EQ(compile("caller.subjct == 'x'"),
            "1:8: `caller` has no `subjct`; did you mean `caller.subject`?; there are "
            "`caller.subject`, `caller.claims`");
  // A macro's variable hides them.
  EXPECT_EQ(compile("[{'subject': 1}].all(caller, caller.subject == 1)"), "");
}

}  // namespace
}  // namespace warden::condition
