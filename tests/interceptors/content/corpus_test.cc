// Hits and false alarms over the corpus. The table that is printed stands in docs/content-rules.md.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "interceptors/content/attack.h"
#include "tests/interceptors/content/corpus.h"

namespace warden::content {
namespace {

struct Expected {
  Attack attack;
  // Of the texts of its own file, and of the innocent ones. No fewer hits, no more alarms.
  size_t hits;
  size_t text_alarms;
  size_t code_alarms;
};

constexpr Expected kExpected[] = {
    {Attack::kSql, 180, 0, 5},         {Attack::kNosql, 56, 0, 3},
    {Attack::kXss, 142, 0, 1},         {Attack::kPathTraversal, 75, 0, 4},
    {Attack::kCommand, 126, 1, 1},     {Attack::kLdap, 40, 0, 1},
    {Attack::kTemplate, 80, 0, 4},     {Attack::kHeader, 21, 0, 0},
    {Attack::kControlChars, 18, 0, 0}, {Attack::kBidi, 11, 0, 0},
};

size_t Count(const std::vector<std::string>& texts, Attack attack, bool print, const char* what) {
  size_t found = 0;
  for (const std::string& text : texts) {
    const bool is = FindAttacks(text, Bit(attack)) != 0;
    found += is ? 1 : 0;
    if (is == print) {
      std::printf("  %s %s: %s\n", std::string(NameOf(attack)).c_str(), what,
                  absl::CHexEscape(text).c_str());
    }
  }
  return found;
}

TEST(CorpusTest, HitsAndFalseAlarms) {
  const std::vector<std::string> text = ReadCorpus("innocent_text");
  const std::vector<std::string> code = ReadCorpus("innocent_code");
  EXPECT_GE(text.size() + code.size(), 500u);
  size_t attacks = 0, hits = 0;
  std::string table = absl::StrCat("attack | hits | alarms of ", text.size(), " texts | alarms of ",
                                   code.size(), " of code\n");
  for (const Expected& expected : kExpected) {
    const std::string name(NameOf(expected.attack));
    const std::vector<std::string> own = ReadCorpus(name);
    const size_t found = Count(own, expected.attack, false, "missed");
    const size_t in_text = Count(text, expected.attack, true, "false alarm");
    const size_t in_code = Count(code, expected.attack, true, "false alarm of code");
    attacks += own.size();
    hits += found;
    absl::StrAppend(&table, name, " | ", found, " of ", own.size(), " | ", in_text, " | ", in_code,
                    "\n");
    EXPECT_GE(found, expected.hits) << name;
    EXPECT_LE(in_text, expected.text_alarms) << name;
    EXPECT_LE(in_code, expected.code_alarms) << name;
  }
  EXPECT_GE(attacks, 700u);
  std::printf("%sall | %zu of %zu\n", table.c_str(), hits, attacks);
}

std::string Percent(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  }
  return encoded;
}

std::string Entities(const std::string& text) {
  std::string encoded;
  for (const char c : text) absl::StrAppend(&encoded, "&#", static_cast<unsigned char>(c), ";");
  return encoded;
}

std::string Unicode(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    absl::StrAppend(&encoded, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
  }
  return encoded;
}

std::string Fullwidth(const std::string& text) {
  std::string wide;
  for (const char c : text) {
    if (c <= ' ' || c > '~') {
      wide.push_back(c);
      continue;
    }
    const unsigned point = 0xFEE0u + static_cast<unsigned char>(c);
    wide.push_back(static_cast<char>(0xE0 | point >> 12));
    wide.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    wide.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
  return wide;
}

// What is found plain is found however it is written.
TEST(CorpusTest, EncodingHidesNothing) {
  for (size_t i = 0; i <= static_cast<size_t>(Attack::kTemplate); ++i) {
    const auto attack = static_cast<Attack>(i);
    size_t looked_at = 0;
    for (const std::string& text : ReadCorpus(std::string(NameOf(attack)))) {
      // Texts that are encoded already, or are not ASCII, would be another text.
      if (text.find_first_of("%&\\+") != std::string::npos) continue;
      if (FindAttacks(text, Bit(attack)) == 0) continue;
      bool ascii = true;
      for (const char c : text) ascii = ascii && absl::ascii_isprint(static_cast<unsigned char>(c));
      if (!ascii) continue;
      ++looked_at;
      const std::string forms[] = {
          Percent(text),   Percent(Percent(text)),      Entities(text),          Unicode(text),
          Fullwidth(text), absl::AsciiStrToUpper(text), Percent(Fullwidth(text))};
      for (const std::string& form : forms) {
        EXPECT_NE(FindAttacks(form, Bit(attack)), 0u)
            << NameOf(attack) << ": " << text << " as " << form;
      }
    }
    EXPECT_GT(looked_at, 10u) << NameOf(attack);
  }
}

}  // namespace
}  // namespace warden::content
