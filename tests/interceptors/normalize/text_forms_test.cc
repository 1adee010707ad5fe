#include "interceptors/normalize/text_forms.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace warden::normalize {
namespace {

// The new text; "(same)", "(not utf-8)" or "(too long)".
std::string Form(std::string_view text, const std::vector<Step>& steps) {
  std::string out = "(untouched)";
  switch (Normalize(text, steps, &out)) {
    case Outcome::kSame:
      EXPECT_EQ(out, "(untouched)");
      return "(same)";
    case Outcome::kChanged:
      return out;
    case Outcome::kNotUtf8:
      return "(not utf-8)";
    case Outcome::kTooLong:
      return "(too long)";
  }
  return "";
}

TEST(TextFormsTest, TrimTakesWhiteSpaceOfAllKinds) {
  EXPECT_EQ(Form(" a ", {Step::kTrim}), "a");
  EXPECT_EQ(Form("\t\r\n a b\v\f", {Step::kTrim}), "a b");
  EXPECT_EQ(Form("\u00A0\u3000a\u2003\u0085\u1680", {Step::kTrim}), "a");
  EXPECT_EQ(Form("\u00E4", {Step::kTrim}), "(same)");
  EXPECT_EQ(Form("\u200Ba", {Step::kTrim}), "(same)") << "U+200B is not white space";
  EXPECT_EQ(Form("   ", {Step::kTrim}), "");
  EXPECT_EQ(Form("\u3000", {Step::kTrim}), "");
  EXPECT_EQ(Form("", {Step::kTrim}), "(same)");
  EXPECT_EQ(Form("a", {Step::kTrim}), "(same)");
}

TEST(TextFormsTest, CollapseMakesOneSpaceOfMany) {
  EXPECT_EQ(Form("a  b", {Step::kCollapseSpaces}), "a b");
  EXPECT_EQ(Form("a\tb", {Step::kCollapseSpaces}), "a b");
  EXPECT_EQ(Form("a\u00A0 \u3000\nb", {Step::kCollapseSpaces}), "a b");
  EXPECT_EQ(Form(" a b ", {Step::kCollapseSpaces}), "(same)");
  EXPECT_EQ(Form("  a  ", {Step::kCollapseSpaces}), " a ");
}

TEST(TextFormsTest, StepsAreTakenInTheirOrder) {
  EXPECT_EQ(Form("  a  b  ", {Step::kTrim, Step::kCollapseSpaces}), "a b");
  EXPECT_EQ(Form("  a  b  ", {Step::kCollapseSpaces, Step::kTrim}), "a b");
}

TEST(TextFormsTest, WhatIsNotUtf8IsLeftAlone) {
  for (const char* text : {"\xff", "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xc3", "\xe4\xbd"}) {
    EXPECT_EQ(Form(text, {Step::kTrim}), "(not utf-8)");
  }
  EXPECT_EQ(Form("\u00E4\u4F60\U0001F600\U0010FFFF\uD7FF\uE000", {Step::kTrim}), "(same)");
}

TEST(TextFormsTest, LengthIsBounded) {
  EXPECT_EQ(Form(std::string(kMaxTextBytes, 'a'), {Step::kTrim}), "(same)");
  EXPECT_EQ(Form(std::string(kMaxTextBytes + 1, 'a'), {Step::kTrim}), "(too long)");
}

TEST(TextFormsTest, FormsAndCases) {
  if (!HasUnicode()) GTEST_SKIP() << "built without ICU";
  EXPECT_EQ(Form("e\u0301", {Step::kNfc}), "\u00E9");
  EXPECT_EQ(Form("\u00E9", {Step::kNfc}), "(same)");
  EXPECT_EQ(Form("\u212B", {Step::kNfc}), "\u00C5");
  EXPECT_EQ(Form("\uFB01", {Step::kNfc}), "(same)");
  EXPECT_EQ(Form("\uFB01", {Step::kNfkc}), "fi");
  EXPECT_EQ(Form("\uFF21\u2460", {Step::kNfkc}), "A1");
  EXPECT_EQ(Form("\u1100\u1161", {Step::kNfc}), "\uAC00");
  EXPECT_EQ(Form("plain", {Step::kNfc, Step::kNfkc}), "(same)");
  EXPECT_EQ(Form("\u00C4\u0416X", {Step::kLower}), "\u00E4\u0436x");
  EXPECT_EQ(Form("\u00E4\u0436x", {Step::kUpper}), "\u00C4\u0416X");
  EXPECT_EQ(Form("Stra\u00DFe", {Step::kUpper}), "STRA\u00DFE") << "simple mappings only";
  EXPECT_EQ(Form("ABC", {Step::kLower}), "abc");
  EXPECT_EQ(Form("abc", {Step::kLower}), "(same)");
  EXPECT_EQ(Form("\U00010400", {Step::kLower}), "\U00010428");
  // The longest that a character becomes.
  EXPECT_EQ(Form("\uFDFA", {Step::kNfkc}).size(), 33u);
  EXPECT_EQ(Form(" \u00C5ngstr\u00F6m\u00A0 Cafe\u0301 ",
                 {Step::kTrim, Step::kCollapseSpaces, Step::kNfc, Step::kLower}),
            "\u00E5ngstr\u00F6m caf\u00E9");
}

}  // namespace
}  // namespace warden::normalize
