#include "authz/apikey/yaml_file.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "authz/apikey/check.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using testing::AddKey;
using ::testing::AllOf;
using testing::Hasher;
using ::testing::HasSubstr;
using testing::kNow;
using ::testing::Not;

TEST(ApiKeyFile, ReadsWhatItWrites) {
  v1::ApiKeys keys;
  AddKey("plain", &keys);
  AddKey("true", &keys);
  AddKey("0123", &keys);
  AddKey("full", &keys,
         {.description = "it's \"quoted\": \\ # - \u00e4\u2028 {x}",
          .scopes = {"a.read", "true", "007"},
          .not_before = kNow,
          .expires = kNow + absl::Hours(24)});
  (*keys.mutable_keys())["full"].mutable_expires()->set_nanos(250'000'000);
  (*keys.mutable_keys())["full"].set_disabled(true);
  ASSERT_TRUE(RotateApiKey("full", absl::Hours(1), std::nullopt, *Hasher(), kNow, &keys).ok());
  const std::string text = FormatApiKeys(keys);
  const auto read = ParseApiKeys(text, "keys.yaml");
  ASSERT_TRUE(read.ok()) << read.status() << "\n" << text;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(read->keys, keys)) << text;
  EXPECT_EQ(FormatApiKeys(read->keys), text);
}

TEST(ApiKeyFile, AnEmptyListIsAFile) {
  const auto read = ParseApiKeys(FormatApiKeys({}), "keys.yaml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->keys.keys().empty());
}

absl::Status Loaded(const std::string& text) {
  const auto records = ParseApiKeys(text, "keys.yaml");
  if (!records.ok()) return records.status();
  return ApiKeySet::Create(*records, Hasher()).status();
}

const std::string kHash = absl::StrCat("hmac-sha256:", std::string(64, 'a'));

TEST(ApiKeyFile, NamesThePlaceOfEveryProblem) {
  const absl::Status status = Loaded(
      "keys:\n"
      "  Bad:\n"
      "    subject: s\n"
      "    secrets: [{hash: " +
      kHash +
      "}]\n"
      "  none:\n"
      "    subject: s\n"
      "  wrong:\n"
      "    scopes: [UPPER]\n"
      "    secrets: [{hash: wk_wrong.PlantedSecret}]\n");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("keys.yaml:2:3: keys.Bad: `Bad` is not a valid id"),
                    HasSubstr("keys.none.secrets: has none"),
                    HasSubstr("keys.yaml:7:3: keys.wrong.subject: is required"),
                    HasSubstr("keys.yaml:8:"), HasSubstr("keys.yaml:9:")));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("PlantedSecret")));
}

TEST(ApiKeyFile, RefusesWhatItDoesNotUnderstand) {
  const std::string good = "keys:\n  abc: {subject: s, secrets: [{hash: " + kHash + "}]}\n";
  EXPECT_TRUE(Loaded(good).ok()) << Loaded(good);
  const std::string secrets = "secrets: [{hash: " + kHash + "}]}\n";
  const std::vector<std::string> wrong = {
      "",
      "keys:\n",
      "keys: []\n",
      good + good,
      good + "more: 1\n",
      "keys:\n  abc: {subject: s, secret: x}\n",
      "keys:\n  abc: {subject: s, expires: never, " + secrets,
      "keys:\n  abc: {subject: s, disabled: no, " + secrets,
      "keys:\n  abc: {subject: s, secrets: [{hash: " + kHash + "}, {hash: " + kHash + "}]}\n"};
  for (const std::string& text : wrong) {
    EXPECT_TRUE(absl::IsInvalidArgument(Loaded(text))) << text;
  }
}

}  // namespace
}  // namespace warden
