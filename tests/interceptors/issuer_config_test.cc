#include "interceptors/issuer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "interceptors/config.h"

namespace warden {
namespace {

using ::testing::HasSubstr;

// What is wrong with an issuer that has these lines; "" if nothing is.
std::string ErrorOf(const std::string& lines, const std::string& issuer = "https://auth.test") {
  std::string indented;
  for (const char c : lines) {
    indented += c;
    if (c == '\n') indented += "      ";
  }
  const std::string yaml = absl::StrCat(
      "tls:\n  certificate_file: a\n  private_key_file: b\n  client_ca_file: c\n"
      "policy_file: policy.yaml\n"
      "tokens:\n  issuers:\n    - issuer: ",
      issuer, "\n      audiences: [orders]\n      algorithms: [ES256]\n      ", indented, "\n");
  const absl::StatusOr<LoadedConfig> config = ParseConfig(yaml, "warden.yaml", "");
  return config.ok() ? "" : std::string(config.status().message());
}

TEST(IssuerConfigTest, TakesExactlyOneSourceOfKeys) {
  EXPECT_EQ(ErrorOf("jwks_file: keys.json"), "");
  EXPECT_EQ(ErrorOf("jwks_url: https://auth.test/keys"), "");
  EXPECT_EQ(ErrorOf("discovery: true"), "");
  EXPECT_EQ(ErrorOf("discovery: false\njwks_file: keys.json"), "");
  EXPECT_THAT(ErrorOf("leeway: 5s"), HasSubstr("jwks_file"));
  EXPECT_THAT(ErrorOf("discovery: false"), HasSubstr("jwks_file"));
  for (const char* two :
       {"jwks_file: keys.json\njwks_url: https://auth.test/keys",
        "jwks_file: keys.json\ndiscovery: true",
        "jwks_url: https://auth.test/keys\ndiscovery: true",
        "jwks_file: keys.json\njwks_url: https://auth.test/keys\ndiscovery: true"}) {
    EXPECT_THAT(ErrorOf(two), HasSubstr("exactly one")) << two;
  }
}

TEST(IssuerConfigTest, TakesOnlyHttps) {
  EXPECT_THAT(ErrorOf("jwks_url: http://auth.test/keys"), HasSubstr("does not begin with https"));
  EXPECT_THAT(ErrorOf("jwks_url: file:///etc/keys"), HasSubstr("does not begin with https"));
  EXPECT_THAT(ErrorOf("jwks_url: https://user:secret@auth.test/keys"),
              HasSubstr("user information"));
  EXPECT_THAT(ErrorOf("discovery: true", "http://auth.test"), HasSubstr("discovery"));
  EXPECT_THAT(ErrorOf("discovery: true", "our-issuer"), HasSubstr("discovery"));
  EXPECT_THAT(ErrorOf("discovery: true", "https://auth.test/?a=b"), HasSubstr("query"));
}

TEST(IssuerConfigTest, TakesIntervalsThatMakeSense) {
  const std::string url = "jwks_url: https://auth.test/keys\nrefresh: ";
  EXPECT_EQ(ErrorOf(url + "{min_interval: 1s, max_interval: 1s, max_age: 2s}"), "");
  EXPECT_EQ(ErrorOf(url + "{min_interval: 2h}"), "");
  EXPECT_EQ(ErrorOf("jwks_file: a\nrefresh: {min_interval: 100ms}"), "");
  EXPECT_THAT(ErrorOf(url + "{min_interval: 999ms}"), HasSubstr("refresh.min_interval"));
  EXPECT_THAT(ErrorOf("jwks_file: a\nrefresh: {min_interval: 10ms}"),
              HasSubstr("refresh.min_interval"));
  EXPECT_THAT(ErrorOf(url + "{max_interval: 1m}"), HasSubstr("refresh.max_interval"));
  EXPECT_THAT(ErrorOf(url + "{max_age: 1h}"), HasSubstr("refresh.max_age"));
  EXPECT_THAT(ErrorOf(url + "{unknown_key_cooldown: 0s}"),
              HasSubstr("refresh.unknown_key_cooldown"));
}

}  // namespace
}  // namespace warden
