// Near-misses of every string format that is not about addresses.
#include "interceptors/rules/formats.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace warden::rules {
namespace {

using std::string;

string Repeat(const string& text, int times) {
  string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

struct FormatCase {
  const char* name;
  bool (*is)(std::string_view);
  std::vector<string> yes;
  std::vector<string> no;
};

bool StrictName(std::string_view v) { return IsHeaderName(v, true); }
bool LooseName(std::string_view v) { return IsHeaderName(v, false); }
bool StrictValue(std::string_view v) { return IsHeaderValue(v, true); }
bool LooseValue(std::string_view v) { return IsHeaderValue(v, false); }

std::vector<FormatCase> Cases() {
  return {
      {"email",
       IsEmail,
       {"a@b", "foo@example.com", "first.last+tag@sub.example.co", "..@x", "!#$%&'*+/=?^_`{|}~-@x",
        "a@" + Repeat("b", 63), "a@1.2.3"},
       {"",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@.b",
        "a@b.",
        "a@b_c",
        "foo",
        "a@" + Repeat("b", 64),
        "Jo <a@b>",
        "\"a b\"@c",
        "a@[127.0.0.1]",
        "a@b\n",
        "\xc3\xa9@b",
        "a@\xc3\xa9",
        string("a@b\0", 4)}},
      {"uuid",
       IsUuid,
       {"00000000-0000-0000-0000-000000000000", "123e4567-e89b-12d3-a456-426614174000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"},
       {"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-4266141740000", "123e4567-e89b-12d3-a456_426614174000",
        "g23e4567-e89b-12d3-a456-426614174000", "{123e4567-e89b-12d3-a456-4266141740}",
        "123e4567-e89b-12d3-a456-42661417400\n"}},
      {"tuuid",
       IsTrimmedUuid,
       {"123e4567e89b12d3a456426614174000", "ABCDEF00000000000000000000000000"},
       {"", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a45642661417400",
        "123e4567e89b12d3a4564266141740000", "123e4567e89b12d3a45642661417400g"}},
      {"ulid",
       IsUlid,
       {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01arz3ndektsv4rrffq69g5fav"},
       {"", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FA",
        "01ARZ3NDEKTSV4RRFFQ69G5FAVV", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL",
        "01ARZ3NDEKTSV4RRFFQ69G5FAO", "01ARZ3NDEKTSV4RRFFQ69G5FAu", "01ARZ3NDEKTSV4RRFFQ69G5FA-",
        "A1ARZ3NDEKTSV4RRFFQ69G5FAV"}},
      {"protobuf_fqn",
       IsProtobufName,
       {"a", "shop.v1.Order", "_x._1", "A9"},
       {"", ".", ".a", "a.", "a..b", "9a", "a.9", "a-b", "a b", "a.b\n"}},
      {"protobuf_dot_fqn",
       IsProtobufDotName,
       {".a", ".shop.v1.Order"},
       {"", ".", "a", "..a", ".a.", ".9"}},
      {"phone",
       IsPhone,
       {"+1234567", "+491701234567", "+123456789012345"},
       {"", "+", "123456789", "+123456", "+1234567890123456", "+0123456789", "+49 170 1234567",
        "+49-170-1234", "+123456a", "++1234567", "+1234567\n"}},
      {"header_name",
       StrictName,
       {"a", "Content-Type", ":path", "x_y.z", "!#$%&'*+-.^_`|~"},
       {"", ":", "::path", "a:b", "a b", "a\t", "a,b", "a\r\n", "a(b)", "\xc3\xa9", "a\x7f"}},
      {"loose_header_name",
       LooseName,
       {"a", "a b", "::", "\t", "\x7f"},
       {"", "a\n", "\r", string("a\0b", 3)}},
      {"header_value",
       StrictValue,
       {"", "text/html; q=0.5", "tab\there", "caf\xc3\xa9", " "},
       {"a\nb", "a\rb", string("\0", 1), "\x01", "\x08", "\x0b", "\x1f", "\x7f"}},
      {"loose_header_value",
       LooseValue,
       {"", "\x01", "\x7f", "\t"},
       {"a\n", "\rb", string("a\0", 2)}},
  };
}

TEST(FormatsTest, TakesTheFormatAndNoNearMiss) {
  for (const FormatCase& each : Cases()) {
    for (const string& value : each.yes) EXPECT_TRUE(each.is(value)) << each.name << ": " << value;
    for (const string& value : each.no) EXPECT_FALSE(each.is(value)) << each.name << ": " << value;
  }
}

TEST(Utf8Test, ByTheTableOfTheStandard) {
  const std::vector<string> yes = {"",
                                   "a",
                                   "\x7f",
                                   "\xc2\x80",
                                   "\xdf\xbf",
                                   "\xe0\xa0\x80",
                                   "\xed\x9f\xbf",
                                   "\xee\x80\x80",
                                   "\xef\xbf\xbf",
                                   "\xf0\x90\x80\x80",
                                   "\xf4\x8f\xbf\xbf",
                                   "twelve bytes\xc3\xa9 and more"};
  const std::vector<string> no = {"\x80",
                                  "\xbf",
                                  "\xc0\x80",
                                  "\xc1\xbf",
                                  "\xc2",
                                  "\xc2\x41",
                                  "\xe0\x9f\xbf",
                                  "\xe0\xa0",
                                  "\xed\xa0\x80",
                                  "\xf0\x8f\xbf\xbf",
                                  "\xf4\x90\x80\x80",
                                  "\xf5\x80\x80\x80",
                                  "\xff",
                                  "abcdefgh\xff",
                                  "\xe2\x82"};
  for (const string& value : yes) EXPECT_TRUE(IsUtf8(value)) << value;
  for (const string& value : no) EXPECT_FALSE(IsUtf8(value)) << value;
}

TEST(CountCharactersTest, CountsCodePointsAndStrayBytes) {
  struct Case {
    string text;
    size_t count;
  };
  const std::vector<Case> cases = {
      {"", 0},
      {"abc", 3},
      {"abcdefgh", 8},
      {"abcdefghi", 9},
      {"\xc3\xa9t\xc3\xa9", 3},
      {"\xf0\x9f\x98\x80", 1},
      {"e\xcc\x81", 2},                                     // a letter and a combining accent
      {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", 3},  // joined emoji
      {Repeat("\x80", 5), 5},  // continuation bytes cannot hide a long value
      {"\xe2\x82", 2},
      {"\xff"
       "a",
       2},
      {string("\0\0", 2), 2},
      {"abcdefgh\xc3\xa9"
       "abcdefgh",
       17},
  };
  for (const Case& each : cases)
    EXPECT_EQ(CountCharacters(each.text, 1000), each.count) << each.text;
  EXPECT_EQ(CountCharacters(Repeat("a", 100), 7), 7u);
  EXPECT_EQ(CountCharacters(Repeat("\xc3\xa9", 100), 7), 7u);
}

}  // namespace
}  // namespace warden::rules
