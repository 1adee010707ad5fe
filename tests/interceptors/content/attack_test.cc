#include "interceptors/content/attack.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "interceptors/content/decode.h"
#include "interceptors/content/fold.h"
#include "warden/v1/rules.pb.h"

namespace warden::content {
namespace {

TEST(AttackTest, NumbersAreThoseOfTheProto) {
  EXPECT_EQ(FromNumber(v1::ATTACK_UNSPECIFIED), 0u);
  EXPECT_EQ(FromNumber(v1::ALL), kAllAttacks);
  EXPECT_EQ(FromNumber(v1::SQL), Bit(Attack::kSql));
  EXPECT_EQ(FromNumber(v1::PATH_TRAVERSAL), Bit(Attack::kPathTraversal));
  EXPECT_EQ(FromNumber(v1::BIDI), Bit(Attack::kBidi));
  EXPECT_EQ(FromNumber(-1), 0u);
  EXPECT_EQ(FromNumber(v1::Attack_MAX + 1), 0u);
  EXPECT_EQ(v1::Attack_MAX - 1, static_cast<int>(kAttacks));
  for (size_t i = 0; i < kAttacks; ++i) {
    std::string name(NameOf(static_cast<Attack>(i)));
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(v1::Attack_Name(static_cast<v1::Attack>(i + 2)), name);
  }
}

TEST(AttackTest, OnlyWhatIsWantedIsFound) {
  const std::string text = "' or 1=1-- <script>alert(1)</script>\x01";
  EXPECT_EQ(FindAttacks(text, Bit(Attack::kSql)), Bit(Attack::kSql));
  EXPECT_EQ(FindAttacks(text, Bit(Attack::kXss)), Bit(Attack::kXss));
  EXPECT_EQ(FindAttacks(text, 0), 0u);
  const AttackSet all = FindAttacks(text, kAllAttacks);
  EXPECT_EQ(all & (Bit(Attack::kSql) | Bit(Attack::kXss) | Bit(Attack::kControlChars)),
            Bit(Attack::kSql) | Bit(Attack::kXss) | Bit(Attack::kControlChars));
  EXPECT_EQ(all & (Bit(Attack::kHeader) | Bit(Attack::kBidi)), 0u);
  EXPECT_EQ(FindAttacks("", kAllAttacks), 0u);
}

TEST(AttackTest, WhatIsTooLongToBeJudgedIsFound) {
  EXPECT_EQ(FindAttacks(std::string(kMaxTextBytes, 'a'), kAllAttacks), 0u);
  EXPECT_EQ(FindAttacks(std::string(kMaxTextBytes + 1, 'a'), Bit(Attack::kSql)), Bit(Attack::kSql));
}

TEST(FoldTest, LookalikesBecomeAscii) {
  EXPECT_EQ(Fold("ABC abc 123"), "abc abc 123");
  EXPECT_EQ(Fold("\uFF33\uFF25\uFF2C"), "sel");
  EXPECT_EQ(Fold("\u2018x\u2019 \u201Cy\u201D"), "'x' \"y\"");
  EXPECT_EQ(Fold("a\u200Bb\u00ADc\uFEFF"), "abc");
  EXPECT_EQ(Fold("a\u00A0b\u3000c\td\ve"), "a b c\td e");
  EXPECT_EQ(Fold("\u212A\u017F\u0131"), "ksi");
  EXPECT_EQ(Fold("\U0001D4B3\U0001D7D8\u24D0"), "x0a");
  EXPECT_EQ(Fold("\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf"), "///") << "overlong";
  EXPECT_EQ(Fold("\xc3\xa9 \xff\xfe \xe4\xbd"), "\xc3\xa9 \xff\xfe \xe4\xbd");
}

TEST(DecodeTest, EncodingsComeOffThreeTimes) {
  EXPECT_EQ(Decode("%41%2b+b"), "a  b");
  EXPECT_EQ(Decode("a+b"), "a+b");
  EXPECT_EQ(Decode("%2527"), "'");
  EXPECT_EQ(Decode("%252527"), "'");
  EXPECT_EQ(Decode("%25252527"), "%27");
  EXPECT_EQ(Decode("%u0027&#39;&#x27;&#0000000000039&apos;"), "'''''");
  EXPECT_EQ(Decode("\\x27\\u0027\\u{27}"), "'''");
  EXPECT_EQ(Decode("%c0%af"), "/");
  EXPECT_EQ(Decode("&lt;&gt;&amp;lt;"), "<><");
  EXPECT_EQ(Decode("100% &x; \\q \\u12 %zz %u12 &# &#x \\"),
            "100% &x; \\q \\u12 %zz %u12 &# &#x \\");
  EXPECT_EQ(Decode("&#99999999999;"), "&#99999999999;");
}

TEST(DecodeTest, CommentsAndQuotes) {
  EXPECT_EQ(WithoutSqlComments("a/**/b/*x*/c"), "a b c");
  EXPECT_EQ(WithoutSqlComments("/*!50000union*/x"), " union x");
  EXPECT_EQ(WithoutSqlComments("a/*b"), "a ");
  EXPECT_EQ(WithoutSqlComments("a/*/b*/c"), "a c");
  EXPECT_EQ(WithoutShellQuotes("c'a'\"t\" \\x$@y${ifs}z$ifs$9w"), "cat xy z w");
  EXPECT_EQ(WithoutControls(std::string("a\0b\tc\n", 6)), "abc");
}

// Texts that backtracking engines take for ever on, and what the decoder is made for, as long as is
// looked at.
TEST(AttackTest, HostileTextsTakeLinearTime) {
  const auto repeat = [](const std::string& unit) {
    std::string text;
    while (text.size() + unit.size() <= kMaxTextBytes) text += unit;
    return text;
  };
  const std::string texts[] = {
      repeat("' or "),
      repeat("(("),
      repeat("' union select a,"),
      repeat("<a "),
      repeat("{{"),
      repeat("${"),
      repeat("../"),
      repeat("/*"),
      repeat("%25"),
      repeat("&#x26;"),
      repeat("\\u005c"),
      repeat("; ls"),
      repeat("on=\"("),
      repeat("javascript:"),
      repeat(")("),
      repeat("a"),
      repeat("\xff"),
      repeat("\xf0\x80\x80"),
      repeat("' and case when (select "),
  };
  const auto start = std::chrono::steady_clock::now();
  size_t found = 0;
  for (const std::string& text : texts) found += FindAttacks(text, kAllAttacks) != 0 ? 1 : 0;
  EXPECT_GT(found, 3u);
  // Generous for machines that are slow, busy or sanitized: 19 MiB take about a second or two.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(120));
}

TEST(AttackTest, RandomBytesDoNoHarm) {
  std::mt19937 random(7);
  constexpr char kPieces[] = "%&#;x\\u{}'\"<>/*-.=()$|` \n\0or1selectunion";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto i = random() % 40; i > 0; --i) {
      const bool piece = random() % 4 != 0;
      text.push_back(piece ? kPieces[random() % (sizeof(kPieces) - 1)]
                           : static_cast<char>(random() % 256));
    }
    const std::string folded = Fold(text);
    EXPECT_LE(folded.size(), text.size());
    EXPECT_LE(Decode(folded).size(), folded.size());
    FindAttacks(text, kAllAttacks);
  }
}

}  // namespace
}  // namespace warden::content
