#include "interceptors/redact/sensitivity.h"

#include <gtest/gtest.h>

#include <string>

#include "content_test.pb.h"

namespace warden {
namespace {

SensitiveClass Of(const std::string& field) {
  return SensitivityOf(*content_test::Person::descriptor()->FindFieldByName(field));
}

TEST(SensitivityTest, EveryClassIsTold) {
  EXPECT_EQ(Of("id"), SensitiveClass::kNone);
  EXPECT_EQ(Of("name"), SensitiveClass::kPii);
  EXPECT_EQ(Of("password"), SensitiveClass::kSecret);
  EXPECT_EQ(Of("note"), SensitiveClass::kUnclassified);
  EXPECT_EQ(SensitivityOf(*content_test::Card::descriptor()->FindFieldByName("number")),
            SensitiveClass::kPayment);
}

TEST(SensitivityTest, AClassImpliesSensitive) {
  EXPECT_TRUE(IsSensitive(*content_test::Person::descriptor()->FindFieldByName("name")));
  EXPECT_EQ(Of("declared_off"), SensitiveClass::kSecret);
  EXPECT_EQ(Of("plain"), SensitiveClass::kNone);
}

TEST(SensitivityTest, KeysAndValuesOfAMapAreAsTheMap) {
  const auto& person = *content_test::Person::descriptor();
  const auto& secrets = *person.FindFieldByName("secrets")->message_type();
  EXPECT_EQ(SensitivityOf(*secrets.map_key()), SensitiveClass::kSecret);
  EXPECT_EQ(SensitivityOf(*secrets.map_value()), SensitiveClass::kSecret);
  const auto& labels = *person.FindFieldByName("labels")->message_type();
  EXPECT_EQ(SensitivityOf(*labels.map_value()), SensitiveClass::kNone);
}

TEST(SensitivityTest, MarksNameTheClass) {
  EXPECT_EQ(RedactionMark(SensitiveClass::kNone), "");
  EXPECT_EQ(RedactionMark(SensitiveClass::kUnclassified), "[REDACTED]");
  EXPECT_EQ(RedactionMark(SensitiveClass::kPii), "[REDACTED:PII]");
  EXPECT_EQ(RedactionMark(SensitiveClass::kSecret), "[REDACTED:SECRET]");
  EXPECT_EQ(RedactionMark(SensitiveClass::kPayment), "[REDACTED:PAYMENT]");
}

}  // namespace
}  // namespace warden
