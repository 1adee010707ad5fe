#include "authz/apikey/api_key.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

const std::string kSecret(43, 'A');

TEST(ApiKeyText, HasAnId) {
  EXPECT_EQ(IdOfApiKey("wk_abc." + kSecret), "abc");
  EXPECT_EQ(IdOfApiKey("wk_a-b_9." + kSecret), "a-b_9");
  EXPECT_EQ(IdOfApiKey("wk_" + std::string(64, 'x') + "." + kSecret), std::string(64, 'x'));
  EXPECT_EQ(IdOfApiKey("wk_wk_wk." + kSecret), "wk_wk");
}

TEST(ApiKeyText, NearlyAKeyHasNone) {
  const std::string nul = std::string("wk_ab\0c.", 8) + kSecret;
  const std::vector<std::string> wrong = {
      "",
      "wk_",
      "wk_abc",
      "wk_abc.",
      "abc." + kSecret,
      "WK_abc." + kSecret,
      "wk-abc." + kSecret,
      "wk_." + kSecret,
      "wk_ab." + kSecret,  // too short
      "wk_" + std::string(65, 'x') + "." + kSecret,
      "wk_Abc." + kSecret,
      "wk_a c." + kSecret,
      "wk_-bc." + kSecret,
      "wk_a\xc3\xa4." + kSecret,
      nul,
      "wk_abc.." + kSecret,
      "wk_abc.d." + kSecret,
      "wk_abc." + kSecret + "A",
      "wk_abc." + kSecret.substr(1),
      "wk_abc." + kSecret.substr(1) + "=",
      "wk_abc." + kSecret.substr(1) + "+",
      "wk_abc." + kSecret.substr(1) + "B",  // bits after the last octet
      " wk_abc." + kSecret,
      "wk_abc." + kSecret + " ",
      "wk_abc." + kSecret + "\n",
      "wk_abc." + kSecret + ",wk_abc." + kSecret,
      std::string(1 << 20, 'w')};
  for (const std::string& text : wrong) EXPECT_FALSE(IdOfApiKey(text).has_value()) << text;
}

TEST(ApiKeyText, IsMadeAnewEachTime) {
  std::set<std::string> keys;
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string key = MakeApiKey("billing").value();
    EXPECT_EQ(IdOfApiKey(key), "billing") << key;
    EXPECT_LE(key.size(), kMaxApiKeyBytes);
    keys.insert(key);
    const std::string id = MakeApiKeyId().value();
    EXPECT_TRUE(IsApiKeyId(id)) << id;
    ids.insert(id);
  }
  EXPECT_EQ(keys.size(), 100u);
  EXPECT_EQ(ids.size(), 100u);
}

}  // namespace
}  // namespace warden
