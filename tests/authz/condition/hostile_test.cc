// Expressions and values that are meant to crash, to exhaust, or to be true by mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/authz/condition/condition_testing.h"

namespace warden::condition {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Hostile, NestingIsRefusedAtEveryDepth) {
  const std::pair<const char*, const char*> pairs[] = {{"(", ")"},           {"[", "]"},
                                                       {"{1: ", "}"},        {"size(", ")"},
                                                       {"[1][", "]"},        {"true ? true : ", ""},
                                                       {"!(", ")"},          {"-(", ")"},
                                                       {"[1].all(x, ", ")"}, {"has(", ")"}};
  for (const auto& [open, close] : pairs) {
    for (const size_t depth : {65u, 300u, 3000u, 10000u}) {
      const std::string text = Repeat(open, depth) + "true" + Repeat(close, depth);
      EXPECT_THAT(Decide(text, Order()), StartsWith("problem: ")) << open << depth;
      EXPECT_THAT(Decide(Repeat(open, depth), Order()), StartsWith("problem: ")) << open << depth;
    }
  }
}

TEST(Hostile, ChainsAreBoundedToo) {
  for (const char* link :
       {" + 1", " - 1", " * 1", " == 1", " < 1", "[0]", ".x", ".size()", " in [1]", " ? 1 : 1"}) {
    for (const size_t times : {300u, 3000u, 10000u}) {
      EXPECT_THAT(Decide("1" + Repeat(link, times), Order()), StartsWith("problem: ")) << link;
    }
  }
  EXPECT_THAT(Decide(Repeat("!", 300) + "true", Order()), StartsWith("problem: "));
  EXPECT_THAT(Decide(Repeat("-", 10000) + "1", Order()), StartsWith("problem: "));
  // What is flat may be long.
  EXPECT_EQ(Decide("true" + Repeat(" && true", 1000), Order()), "true");
  EXPECT_EQ(Decide("false" + Repeat(" || false", 1000), Order()), "false");
  EXPECT_EQ(Decide("1" + Repeat(" + 1", 200) + " == 201", Order()), "true");
}

TEST(Hostile, LongTexts) {
  const std::string megabyte(1 << 20, ' ');
  EXPECT_THAT(Decide("true" + megabyte, Order()), HasSubstr("longer than 16384 bytes"));
  EXPECT_THAT(Decide(std::string(1 << 20, '('), Order()), HasSubstr("longer than"));
  EXPECT_THAT(Decide("[" + Repeat("1,", 6000) + "1] == []", Order()), HasSubstr("4096 parts"));
  EXPECT_THAT(Decide("'" + std::string(20000, 'x') + "' == ''", Order()), StartsWith("problem"));
}

TEST(Hostile, BytesThatAreNoText) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    Decide(std::string(1, c), Order());
    Decide(std::string("'") + c + "' == ''", Order());
    Decide(std::string("true") + c + "true", Order());
    Decide(std::string("b'\\") + c + "'", Order());
  }
  EXPECT_THAT(Decide("'\xff' == ''", Order()), HasSubstr("valid UTF-8"));
  EXPECT_THAT(Decide("'\\ud800' == ''", Order()), HasSubstr("no character"));
  EXPECT_THAT(Decide("'\\U00110000' == ''", Order()), HasSubstr("no character"));
  EXPECT_THAT(Decide(std::string("true\0true", 9), Order()), StartsWith("problem"));
}

// Cut anywhere, an expression is refused or decided; nothing else.
TEST(Hostile, EveryPrefixAndEverySuffix) {
  const std::string text =
      "request.lines.exists(l, l.sku.matches('^[A-Z]+$') && l.count > -1) ? {'a': [1, 2u, 1.5e3]}"
      ".a[0] == 1 : has(request.labels.`a-b`) || b'\\x41' == bytes(r\"\\\") // end";
  for (size_t i = 0; i <= text.size(); ++i) {
    Decide(text.substr(0, i), Order());
    Decide(text.substr(i), Order());
    std::string changed = text;
    if (i < text.size()) changed[i] = '"';
    Decide(changed, Order());
  }
}

TEST(Hostile, ArithmeticThatHasNoResult) {
  Order order;
  order.set_i64(std::numeric_limits<int64_t>::min());
  order.set_u64(std::numeric_limits<uint64_t>::max());
  order.set_i32(-1);
  for (const char* text : {
           "request.i64 - 1 < 0",
           "-request.i64 < 0",
           "request.i64 * -1 < 0",
           "request.i64 / request.i32 < 0",
           "request.i64 % request.i32 == 0",
           "request.u64 + 1u > 0u",
           "request.u64 * 2u > 0u",
           "0u - 1u > 0u",
           "1 / 0 == 0",
           "1 % 0 == 0",
           "1u / 0u == 0u",
           "request.i64 / (request.i32 + 1) == 0",
           "int(request.u64) > 0",
           "uint(request.i64) > 0u",
           "int(1e300) > 0",
           "int('9223372036854775808') > 0",
           "int('') == 0",
           "int(' 1') == 1",
           "uint('-1') == 0u",
           "double('x') == 0.0",
           "timestamp(request.i64) > timestamp(0)",
           "timestamp('2020-13-01T00:00:00Z') > timestamp(0)",
           "timestamp('2020-02-30T00:00:00Z') > timestamp(0)",
           "duration('1') > duration('0s')",
           "duration('inf') > duration('0s')",
           "duration('9999999h') > duration('0s')",
           "timestamp('9999-12-31T23:59:59Z') + duration('1s') > timestamp(0)",
       }) {
    EXPECT_THAT(Decide(text, order), StartsWith("error: ")) << text;
    // And never true by being denied.
    EXPECT_THAT(Decide(absl::StrCat("!(", text, ")"), order), StartsWith("error: ")) << text;
    EXPECT_THAT(Decide(absl::StrCat(text, " || false"), order), StartsWith("error: ")) << text;
    EXPECT_EQ(Decide(absl::StrCat(text, " || true"), order), "true") << text;
    EXPECT_EQ(Decide(absl::StrCat(text, " && false"), order), "false") << text;
  }
}

TEST(Hostile, NotANumberIsEqualToNothing) {
  Order order;
  order.set_f64(std::nan(""));
  const nlohmann::json claims = {{"nan", "NaN"}, {"one", 1}};
  for (const char* text :
       {"request.f64 == request.f64", "request.f64 < 1.0", "request.f64 >= 1.0",
        "request.f64 <= request.f64", "request.f64 in [request.f64]", "request.f64 == claims.one",
        "claims.one <= request.f64", "request.f64 == claims.nan", "request == request"}) {
    EXPECT_EQ(Decide(text, order, claims), "false") << text;
  }
  EXPECT_EQ(Decide("request.f64 != request.f64", order), "true");
  EXPECT_THAT(Decide("int(request.f64) == 0", order), StartsWith("error"));
}

TEST(Hostile, ClaimsOfOtherTypesAreNeverEqual) {
  Order order;
  order.set_owner("1");
  order.set_flag(true);
  for (const nlohmann::json& value : std::vector<nlohmann::json>{
           nullptr, true, 1, 1.0, -1, {"1"}, {{"1", "1"}}, nlohmann::json::array()}) {
    const nlohmann::json claims = {{"sub", value}};
    EXPECT_EQ(Decide("request.owner == claims.sub", order, claims), "false") << value;
    EXPECT_EQ(Decide("claims.sub == request.owner", order, claims), "false") << value;
    EXPECT_EQ(Decide("claims.sub in [request.owner]", order, claims), "false") << value;
    EXPECT_THAT(Decide("claims.sub.startsWith('1')", order, claims), StartsWith("error")) << value;
    EXPECT_THAT(Decide("claims.sub < '2'", order, claims), StartsWith("error")) << value;
    EXPECT_THAT(Decide("claims.sub + '' == '1'", order, claims), StartsWith("error")) << value;
  }
  // A text is no list that has it, nor a map.
  EXPECT_THAT(Decide("'admin' in claims.roles", order, {{"roles", "admin"}}), StartsWith("error"));
  EXPECT_EQ(Decide("'admin' in claims.roles", order, {{"roles", {1, 2, nullptr}}}), "false");
  EXPECT_EQ(Decide("claims.admin == true", order, {{"admin", "true"}}), "false");
  EXPECT_EQ(Decide("claims.admin == true", order, {{"admin", 1}}), "false");
}

TEST(Hostile, DeepClaimsAndDeepMessages) {
  nlohmann::json deep = 1;
  for (int i = 0; i < 1000; ++i) deep = nlohmann::json::array({std::move(deep)});
  EXPECT_THAT(Decide("claims.a == claims.a", Order(), {{"a", deep}}), HasSubstr("too deeply"));
  Order order;
  Order* at = &order;
  for (int i = 0; i < 90; ++i) at = at->mutable_parent();
  EXPECT_EQ(Decide("request == request", order), "true");
}

TEST(Hostile, WorkIsBounded) {
  Order order;
  for (int i = 0; i < 5000; ++i) order.add_numbers(i);
  order.set_owner(std::string(1 << 20, 'a'));
  for (const char* text : {
           "request.numbers.all(a, request.numbers.all(b, a + b >= 0))",
           "request.numbers.exists(a, request.numbers.exists(b, a + b < 0))",
           "size(request.numbers.map(a, request.numbers.map(b, a))) > 0",
           "size(request.numbers.filter(a, a in request.numbers)) > 0",
           "request.numbers.all(a, a in request.numbers)",
           "request.numbers.exists_one(a, request.owner.contains('b'))",
           "request.owner + request.owner + request.owner == ''",
           "request.owner.lowerAscii().upperAscii().lowerAscii() == ''",
           "request.owner.matches('(a|a)*(a|aa)+b$')",
       }) {
    EXPECT_THAT(Decide(text, order), HasSubstr("more steps than it may")) << text;
    EXPECT_THAT(Decide(absl::StrCat("!(", text, ")"), order), StartsWith("error")) << text;
  }
  EXPECT_EQ(Decide("request.numbers.all(a, a < 5000)", order), "true");
}

TEST(Hostile, PatternsAreBounded) {
  EXPECT_THAT(Decide("request.owner.matches('" + std::string(1001, 'a') + "')", Order()),
              HasSubstr("more than 1000 bytes"));
  EXPECT_THAT(Decide("request.owner.matches('((a{1000}){1000}){1000}')", Order()),
              HasSubstr("not a pattern"));
  EXPECT_THAT(Decide("request.owner.matches('(a+)+\\\\1')", Order()), HasSubstr("not a pattern"));
  Order order;
  order.set_owner(std::string(50000, 'a') + "!");
  EXPECT_EQ(Decide("request.owner.matches('^(a+)+$')", order), "false");
}

TEST(Hostile, AddressesThatAreNone) {
  Order order;
  for (const char* address :
       {"", "10.0.0", "10.0.0.1.1", ":::1", "010.0.0.1", "10.0.0.1/8", "10.0.0.1\n", " 10.0.0.1"}) {
    order.set_owner(address);
    EXPECT_THAT(Decide("cidr('10.0.0.0/8').containsIP(request.owner)", order), StartsWith("error"))
        << address;
  }
  const std::pair<const char*, const char*> rows[] = {{"10.255.255.255", "true"},
                                                      {"11.0.0.0", "false"},
                                                      {"9.255.255.255", "false"},
                                                      {"::ffff:10.0.0.1", "true"},
                                                      {"::1", "false"}};
  for (const auto& [address, expected] : rows) {
    order.set_owner(address);
    EXPECT_EQ(Decide("cidr('10.0.0.0/8').containsIP(request.owner)", order), expected) << address;
  }
}

}  // namespace
}  // namespace warden::condition
