#include "tools/warden/pattern_length.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <string>

namespace warden::cli {
namespace {

constexpr uint64_t kAny = PatternLength::kUnbounded;

struct Row {
  const char* pattern;
  uint64_t min;
  uint64_t max;
};

TEST(PatternLengthTest, Lengths) {
  const Row rows[] = {
      {"", 0, kAny},
      {"abc", 3, kAny},
      {"^abc$", 3, 3},
      {"\\Aabc\\z", 3, 3},
      {"^a?b*c+$", 1, kAny},
      {"^a?b{2}c{0,3}$", 2, 6},
      {"^a{2,}$", 2, kAny},
      {"^(a|bc)$", 1, 2},
      {"^a$|^bcd$", 1, 3},
      {"^a$|bcd", 1, kAny},
      {"^(?:a|b){3}$", 3, 3},
      {"^(?P<name>ab)+$", 2, kAny},
      {"^(?i)ab$", 2, 2},
      {"^(?i:ab)$", 2, 2},
      {"^[a-z]{3}$", 3, 3},
      {"^[]a]{2}$", 2, 2},
      {"^[^]a]{2}$", 2, 2},
      {"^[[:alpha:]_]$", 1, 1},
      {"^[\\]\\\\]$", 1, 1},
      {"^\\d\\w\\pL\\p{Greek}\\x41\\x{1F600}\\.$", 7, 7},
      {"^\\bab\\b$", 2, 2},
      {"^\xc3\xa4\xe4\xbd\xa0$", 2, 2},
      {"^a{$", 2, 2},
      {"^a{x}$", 4, 4},
      {"^.{3}$", 3, 3},
      {"(^ab)", 2, kAny},
      {"(^ab$)", 2, 2},
      {"^(ab)*?$", 0, kAny},
      {"^a{1000}$", 1000, 1000},
  };
  for (const Row& row : rows) {
    const auto length = LengthOf(row.pattern);
    ASSERT_TRUE(length.has_value()) << row.pattern;
    EXPECT_EQ(length->min, row.min) << row.pattern;
    EXPECT_EQ(length->max, row.max) << row.pattern;
  }
}

TEST(PatternLengthTest, WhatIsNotUnderstoodHasNoLength) {
  for (const char* pattern : {"(?m)^a$", "\\Ca", "\\Qa+\\E", "\\123", "(?m:^a$)"}) {
    EXPECT_FALSE(LengthOf(pattern).has_value()) << pattern;
  }
}

TEST(PatternLengthTest, Prefixes) {
  EXPECT_TRUE(Excludes("^[0-9]+", "abc"));
  EXPECT_TRUE(Excludes("^b", "a"));
  EXPECT_TRUE(Excludes("^abc", "abd"));
  EXPECT_FALSE(Excludes("^abc", "ab"));
  EXPECT_FALSE(Excludes("^ab", "abc"));
  EXPECT_FALSE(Excludes("[0-9]+", "abc")) << "anywhere";
  EXPECT_FALSE(Excludes("^b?", "c")) << "nothing is matched, too";
  EXPECT_FALSE(Excludes("^(?:zz)?", "zzz"));
  EXPECT_FALSE(Excludes("^.*x", "abc"));
}

// Texts that random patterns match are within the bounds.
TEST(PatternLengthTest, BoundsHold) {
  std::mt19937 random(3);
  const std::string pieces[] = {"a", "b",   "^",   "$",   "(",     ")",    "|",
                                "*", "+",   "?",   "{2}", "{1,3}", "[ab]", "[^a]",
                                ".", "\\w", "(?:", "\\b", "(?i)"};
  int understood = 0, matched = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string pattern;
    for (auto i = random() % 8; i > 0; --i) pattern += pieces[random() % std::size(pieces)];
    const RE2 compiled(pattern, RE2::Quiet);
    if (!compiled.ok()) continue;
    const auto length = LengthOf(pattern);
    if (!length.has_value()) continue;
    ++understood;
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (auto j = random() % 7; j > 0; --j) text.push_back("abc"[random() % 3]);
      if (!RE2::PartialMatch(text, compiled)) continue;
      ++matched;
      ASSERT_GE(text.size(), length->min) << pattern << " in " << text;
      ASSERT_LE(text.size(), length->max) << pattern << " in " << text;
      for (size_t cut = 0; cut <= text.size(); ++cut) {
        ASSERT_FALSE(Excludes(pattern, text.substr(0, cut))) << pattern << " in " << text;
      }
    }
  }
  EXPECT_GT(understood, 2000);
  EXPECT_GT(matched, 5000);
}

}  // namespace
}  // namespace warden::cli
