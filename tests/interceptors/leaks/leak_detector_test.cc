#include "interceptors/leaks/leak_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/leaks/corpus.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const LeakDetector& Detector() { return LeakDetector::Instance(); }

TEST(LeakDetectorTest, NamesAreDifferent) {
  const std::set<std::string_view> names(LeakNames().begin(), LeakNames().end());
  EXPECT_EQ(names.size(), kLeaks);
  EXPECT_EQ(ToString(Leak::kDatabaseError), "database_error");
  EXPECT_TRUE(IsSecret(Leak::kConnectionString));
  EXPECT_FALSE(IsSecret(Leak::kStackTrace));
}

TEST(LeakDetectorTest, EmptyAndShortTextsHoldNothing) {
  for (const std::string text : {"", "a", "eyJ", "ghp_12345"}) {
    EXPECT_FALSE(Detector().MayHold(text));
    EXPECT_FALSE(Detector().Find(text).has_value());
    EXPECT_EQ(Detector().Mask(text), text);
  }
}

TEST(LeakDetectorTest, ATokenHasItsFullLength) {
  const std::string prefix = absl::StrCat("gh", "p_");
  EXPECT_FALSE(Detector().Find(prefix + std::string(35, 'a')).has_value());
  EXPECT_TRUE(Detector().Find(prefix + std::string(36, 'a')).has_value());
  EXPECT_FALSE(Detector().Find("x" + prefix + std::string(36, 'a')).has_value());
}

TEST(LeakDetectorTest, AHeaderWithoutAlgorithmIsNoJwt) {
  const std::string page = "eyJwYWdlIjozfQ.eyJwYWdlIjozfQ.abcdefgh";  // {"page":3}
  EXPECT_TRUE(Detector().MayHold(page));
  EXPECT_FALSE(Detector().Find(page).has_value());
  // One that comes after it is still found.
  const std::string jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.abcdefgh";
  EXPECT_EQ(Detector().Find(page + " " + jwt), Leak::kJwt);
}

TEST(LeakDetectorTest, MaskedTextsHoldNoSecret) {
  for (const LeakyText& text : LeakyTexts()) {
    SCOPED_TRACE(text.text);
    const std::string masked = Detector().Mask("before " + text.text + " after");
    EXPECT_THAT(masked, ::testing::StartsWith("before "));
    const std::optional<Leak> left = Detector().Find(masked);
    if (IsSecret(text.leak)) {
      EXPECT_THAT(masked, HasSubstr("["));
      EXPECT_FALSE(left.has_value()) << masked;
    } else {
      EXPECT_EQ(masked, "before " + text.text + " after");
    }
  }
}

TEST(LeakDetectorTest, AKeyIsMaskedToItsEnd) {
  const std::string text = absl::StrCat("login: -----BEGIN PRIVATE ", "KEY-----\nMIIEvQIBADAN\n");
  EXPECT_EQ(Detector().Mask(text), "login: [private_key]");
}

TEST(LeakDetectorTest, LargeHostileTextsAreJudged) {
  std::string text;
  while (text.size() < 1'000'000) text += "eyJ.eyJ at x(Bearer $2b$ -----BEGIN ://a:b@ ";
  EXPECT_FALSE(Detector().Find(text).has_value());
  absl::StrAppend(&text, "gh", "p_", std::string(36, 'a'));
  EXPECT_EQ(Detector().Find(text), Leak::kAccessToken);
}

}  // namespace
}  // namespace warden::testing
