// base64url and JSON, read strictly.
#include <string>
#include <string_view>
#include <utility>

#include "authz/token/base64url.h"
#include "authz/token/strict_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Base64UrlTest, ReadsAndWritesTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb", "__77"}};
  for (const auto& [octets, text] : examples) {
    EXPECT_EQ(Base64UrlEncode(octets), text);
    EXPECT_EQ(Base64UrlDecode(text), octets);
  }
}

TEST(Base64UrlTest, HasOneTextForEveryOctets) {
  for (const char* text : {
           "A",         // no octets have this length
           "Zm9vY",     //
           "Zg==",      // padding
           "Zg=",       //
           "Zm9v=",     //
           "Zh",        // a bit after the last octet
           "Zm9",       //
           "Zm9vYmF_",  // none: 8 characters use all bits
           "Zm 9v",     // whitespace
           "Zm9v\n",    //
           " Zm9v",     //
           "Zm+v",      // the plain alphabet
           "Zm/v",      //
           "Zm.v",      //
           "Zm9\xc3",   // not ASCII
       }) {
    const bool canonical = std::string_view(text) == "Zm9vYmF_";
    EXPECT_EQ(Base64UrlDecode(text).has_value(), canonical) << text;
  }
  EXPECT_FALSE(Base64UrlDecode(std::string_view("Zm\0v", 4)).has_value());
}

TEST(Base64UrlTest, DecodesExactlyWhatItEncodes) {
  // All texts of two characters: 4096, of which 256 encode an octet.
  int decoded = 0;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      const auto octets = Base64UrlDecode(text);
      if (!octets.has_value()) continue;
      ++decoded;
      EXPECT_EQ(Base64UrlEncode(*octets), text);
    }
  }
  EXPECT_EQ(decoded, 256);
}

TEST(StrictJsonTest, ReadsJson) {
  const auto value = ParseStrictJson(
      " {\"a\": [1, -2.5e3, true, null, {\"b\": \"\\u00e9\\ud83d\\ude00\"}], \"c\": {}}\r\n\t ", 8);
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(*value,
            nlohmann::json::parse(
                "{\"a\":[1,-2500.0,true,null,{\"b\":\"\xc3\xa9\xf0\x9f\x98\x80\"}],\"c\":{}}"));
  for (const char* text : {"1", "\"x\"", "[]", "{}", "null", "false", "-0", "0.5"}) {
    EXPECT_TRUE(ParseStrictJson(text, 8).ok()) << text;
  }
}

TEST(StrictJsonTest, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "{}}",
                           "{} {}",
                           "{}x",
                           "{\"a\":1,}",
                           "[1,]",
                           "{'a':1}",
                           "{a:1}",
                           "{\"a\" 1}",
                           "// c\n{}",
                           "{}/* c */",
                           "NaN",
                           "Infinity",
                           "-",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "0x10",
                           "1e400",
                           "-1e400",
                           "\"\t\"",
                           "\"\\x41\"",
                           "\"\\ud800\"",
                           "\"\\udc00\\ud800\"",
                           "\"\xc3\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf5\x80\x80\x80\"",
                           "\xef\xbb\xbf{}",
                           "tru",
                           "True"}) {
    EXPECT_EQ(ParseStrictJson(text, 8).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseStrictJson(std::string_view("{}\0", 3), 8).ok());
  EXPECT_FALSE(ParseStrictJson(std::string_view("{}\0garbage", 10), 8).ok());
  EXPECT_FALSE(ParseStrictJson(std::string_view("{\"a\":\"\0\"}", 9), 8).ok());
}

TEST(StrictJsonTest, RefusesMembersOfTheSameName) {
  for (const char* text :
       {"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"x\":{\"a\":1,\"a\":2}}",
        "[{\"a\":[],\"a\":[]}]", "{\"a\":{\"b\":1},\"a\":{}}", "{\"\":1,\"\":2}"}) {
    EXPECT_THAT(std::string(ParseStrictJson(text, 8).status().message()), HasSubstr("same name"))
        << text;
  }
  EXPECT_TRUE(ParseStrictJson("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1},\"A\":1}", 8).ok());
}

TEST(StrictJsonTest, BoundsTheNesting) {
  EXPECT_TRUE(ParseStrictJson("[[[]]]", 3).ok());
  EXPECT_FALSE(ParseStrictJson("[[[[]]]]", 3).ok());
  EXPECT_TRUE(ParseStrictJson("{\"a\":{\"a\":{}}}", 3).ok());
  EXPECT_FALSE(ParseStrictJson("{\"a\":{\"a\":[[]]}}", 3).ok());
  EXPECT_TRUE(ParseStrictJson("[[],[[]],[[]]]", 3).ok());
  EXPECT_FALSE(ParseStrictJson(std::string(1'000'000, '['), 32).ok());
  EXPECT_FALSE(ParseStrictJson("[]", 0).ok());
}

TEST(StrictJsonTest, DoesNotQuoteTheTextInErrors) {
  EXPECT_THAT(std::string(ParseStrictJson("{\"hunter2\":}", 8).status().message()),
              Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace warden
