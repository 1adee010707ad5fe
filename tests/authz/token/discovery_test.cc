#include "authz/token/discovery.h"

#include "gtest/gtest.h"

namespace warden {
namespace {

TEST(DiscoveryTest, TheDocumentStandsUnderTheIssuersPath) {
  EXPECT_EQ(DiscoveryUrl("https://a.example"),
            "https://a.example/.well-known/openid-configuration");
  EXPECT_EQ(DiscoveryUrl("https://a.example/"),
            "https://a.example/.well-known/openid-configuration");
  EXPECT_EQ(DiscoveryUrl("https://a.example/realms/one"),
            "https://a.example/realms/one/.well-known/openid-configuration");
  EXPECT_EQ(DiscoveryUrl("https://a.example/realms/one/"),
            "https://a.example/realms/one/.well-known/openid-configuration");
}

TEST(DiscoveryTest, ReadsTheAddressOfTheKeys) {
  EXPECT_EQ(JwksUriOf(R"({"issuer":"https://a.example","jwks_uri":"https://a.example/keys","x":1})",
                      "https://a.example")
                .value(),
            "https://a.example/keys");
}

TEST(DiscoveryTest, RefusesAnotherIssuersDocument) {
  for (const char* issuer : {"https://b.example", "https://a.example/", "https://A.example",
                             "http://a.example", "", "https://a.example\\u0000"}) {
    const std::string document =
        std::string("{\"issuer\":\"") + issuer + "\",\"jwks_uri\":\"https://a.example/keys\"}";
    EXPECT_EQ(JwksUriOf(document, "https://a.example").status().code(),
              absl::StatusCode::kFailedPrecondition)
        << document;
  }
}

TEST(DiscoveryTest, RefusesWhatIsNoDocument) {
  for (const char* document :
       {"", "[]", "<html></html>", "{}", R"({"issuer":"https://a.example"})",
        R"({"jwks_uri":"https://a.example/keys"})",
        R"({"issuer":"https://a.example","jwks_uri":1})",
        R"({"issuer":["https://a.example"],"jwks_uri":"https://a.example/keys"})",
        R"({"issuer":"https://a.example","jwks_uri":"https://a/","jwks_uri":"https://b/"})"}) {
    EXPECT_EQ(JwksUriOf(document, "https://a.example").status().code(),
              absl::StatusCode::kInvalidArgument)
        << document;
  }
}

}  // namespace
}  // namespace warden
