#include "interceptors/observe/sanitize.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace warden {
namespace {

using namespace std::string_literals;

TEST(SanitizeTest, PlainTextStays) {
  EXPECT_EQ(Sanitize("", 100), "");
  EXPECT_EQ(Sanitize("spiffe://shop.example/orders", 100), "spiffe://shop.example/orders");
  EXPECT_EQ(Sanitize("J\xc3\xb6rg \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", 100),
            "J\xc3\xb6rg \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
}

TEST(SanitizeTest, DangerousCharactersBecomeVisible) {
  EXPECT_EQ(Sanitize("a\nb", 100), "a\\x0ab");
  EXPECT_EQ(Sanitize("\x1b[31mred", 100), "\\x1b[31mred");
  EXPECT_EQ(Sanitize("a\0b"s, 100), "a\\x00b");
  EXPECT_EQ(Sanitize("\x7f\r\t", 100), "\\x7f\\x0d\\x09");
  EXPECT_EQ(Sanitize("\xc2\x9b", 100), "\\u{9b}") << "CSI as a C1 control";
  EXPECT_EQ(Sanitize("\xe2\x80\xae"
                     "gpj",
                     100),
            "\\u{202e}gpj")
      << "right-to-left override";
  EXPECT_EQ(Sanitize("\xe2\x81\xa6", 100), "\\u{2066}") << "isolate";
  EXPECT_EQ(Sanitize("\xe2\x80\x8b", 100), "\\u{200b}") << "zero width";
  EXPECT_EQ(Sanitize("\xe2\x80\xa8", 100), "\\u{2028}") << "line separator";
  EXPECT_EQ(Sanitize("\xef\xbb\xbf", 100), "\\u{feff}");
  EXPECT_EQ(Sanitize("\xf3\xa0\x81\xa1", 100), "\\u{e0061}") << "tag";
}

TEST(SanitizeTest, InvalidUtf8IsShownByteByByte) {
  EXPECT_EQ(Sanitize("\xff", 100), "\\xff");
  EXPECT_EQ(Sanitize("\xc3", 100), "\\xc3") << "cut short";
  EXPECT_EQ(Sanitize("\xc0\xaf", 100), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(Sanitize("\xed\xa0\x80", 100), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(Sanitize("\xf4\x90\x80\x80", 100), "\\xf4\\x90\\x80\\x80") << "beyond U+10FFFF";
  EXPECT_EQ(Sanitize("\xe2\x28\xa1", 100), "\\xe2(\\xa1");
}

TEST(SanitizeTest, NothingElseLooksLikeAnEscape) {
  EXPECT_EQ(Sanitize("\\x1b", 100), "\\\\x1b");
  EXPECT_NE(Sanitize("\\x1b", 100), Sanitize("\x1b", 100));
}

TEST(SanitizeTest, LengthIsBoundedAtTheByte) {
  EXPECT_EQ(Sanitize("abcdef", 6), "abcdef");
  EXPECT_EQ(Sanitize("abcdefg", 6), "abc...");
  EXPECT_EQ(Sanitize("abc\n", 6), "abc...") << "an escape is not cut in two";
  EXPECT_EQ(Sanitize("ab\xc3\xb6zzz", 6), "ab...") << "nor is a character";
  EXPECT_EQ(Sanitize(std::string(1 << 20, 'x'), 3), "...");
}

TEST(SanitizeTest, AnyBytesGiveBoundedHarmlessText) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const size_t max_bytes = 3 + random() % 80;
    const std::string safe = Sanitize(bytes, max_bytes);
    ASSERT_LE(safe.size(), max_bytes);
    for (char c : safe) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
    // The library throws for invalid UTF-8.
    ASSERT_NO_THROW(nlohmann::json(safe).dump());
  }
}

}  // namespace
}  // namespace warden
