#include "interceptors/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kGood[] = R"(tls:
  certificate_file: server.crt
  private_key_file: server.key
  client_ca_file: ca.crt
tokens:
  issuers:
    - issuer: https://auth.test
      jwks_file: /etc/keys/jwks.json
      audiences: [orders]
      algorithms: [ES256]
      leeway: 30s
policy_file: policy.yaml
)";

std::string ErrorOf(const std::string& yaml) {
  const absl::StatusOr<LoadedConfig> config = ParseConfig(yaml, "warden.yaml", "/etc/app");
  return config.ok() ? "accepted" : std::string(config.status().message());
}

TEST(ConfigTest, ReadsAConfigurationAndResolvesItsFiles) {
  const absl::StatusOr<LoadedConfig> config = ParseConfig(kGood, "warden.yaml", "/etc/app");
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::IssuerConfig& issuer = config->config.tokens().issuers(0);
  EXPECT_EQ(ResolveFile(*config, config->config.policy_file()), "/etc/app/policy.yaml");
  EXPECT_EQ(ResolveFile(*config, issuer.jwks_file()), "/etc/keys/jwks.json");
  EXPECT_EQ(DurationOr(issuer.has_leeway(), issuer.leeway(), absl::Seconds(60)), absl::Seconds(30));
}

TEST(ConfigTest, ListsEveryMissingField) {
  EXPECT_THAT(
      ErrorOf("tokens:\n  issuers:\n    - leeway: 5s\n"),
      AllOf(HasSubstr("tls.certificate_file"), HasSubstr("tls.private_key_file"),
            HasSubstr("tls.client_ca_file"), HasSubstr("policy_file"),
            HasSubstr("tokens.issuers[0].issuer"), HasSubstr("tokens.issuers[0].jwks_file"),
            HasSubstr("tokens.issuers[0].audiences"), HasSubstr("tokens.issuers[0].algorithms")));
}

TEST(ConfigTest, NamesTheLineOfAnUnknownKey) {
  const std::string error = ErrorOf(std::string(kGood) + "metricks:\n  address: 127.0.0.1:0\n");
  EXPECT_THAT(error,
              AllOf(HasSubstr("warden.yaml:13"), HasSubstr("metricks"), HasSubstr("metrics")));
}

TEST(ConfigTest, RefusesUnguardedNamesThatNameNoMethod) {
  for (const char* name : {"Check", "/Check", "//Check", "/a.B/", "grpc.health.v1.Health/Check"}) {
    EXPECT_THAT(ErrorOf(std::string(kGood) + "unguarded_methods: [\"" + name + "\"]\n"),
                HasSubstr("unguarded_methods[0]"))
        << name;
  }
  EXPECT_EQ(ErrorOf(std::string(kGood) + "unguarded_methods: [/grpc.health.v1.Health/Check]\n"),
            "accepted");
}

TEST(ConfigTest, AMissingFileIsAnError) { EXPECT_FALSE(LoadConfig("/nowhere/warden.yaml").ok()); }

}  // namespace
}  // namespace warden
