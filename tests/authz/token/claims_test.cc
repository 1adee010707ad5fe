// Types, claims and times of tokens whose signature is good.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "authz/token/verifier.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"
#include "tests/authz/token/verifier_fixture.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::warden::testing::GoodClaims;
using ::warden::testing::kAudience;
using ::warden::testing::kIssuer;
using ::warden::testing::kNowSeconds;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::SignTexts;
using ::warden::testing::TestKey;
using ::warden::testing::VerifierFor;
using VerifierTest = ::warden::testing::VerifierTest;

TEST_F(VerifierTest, TypesOfOtherTokensAreRefused) {
  const auto with_type = [](const char* typ) {
    return absl::StrCat("{\"alg\":\"ES256\",\"typ\":\"", typ, "\"}");
  };
  for (const char* typ :
       {"JWT", "jwt", "at+jwt", "application/at+jwt", "APPLICATION/AT+JWT", "application/jwt"}) {
    EXPECT_EQ(WithHeader(with_type(typ)), TokenRefusal::kNone) << typ;
  }
  for (const char* typ : {"", "JOSE", "logout+jwt", "dpop+jwt", "secevent+jwt", "JWT ", "at+jwtx",
                          "text/at+jwt", "application/", "application/application/jwt"}) {
    EXPECT_EQ(WithHeader(with_type(typ)), TokenRefusal::kType) << typ;
  }
  IssuerOptions options = OptionsFor(key_);
  options.types = {"application/AT+jwt"};
  const auto verifier = VerifierFor(options);
  const auto refusal = [&](const std::string& header) {
    return verifier->Verify(SignTexts(key_, header, GoodClaims().dump()), Now()).refusal;
  };
  EXPECT_EQ(refusal(with_type("at+jwt")), TokenRefusal::kNone);
  EXPECT_EQ(refusal(with_type("application/at+JWT")), TokenRefusal::kNone);
  EXPECT_EQ(refusal(with_type("JWT")), TokenRefusal::kType);
  EXPECT_EQ(refusal("{\"alg\":\"ES256\"}"), TokenRefusal::kType);
}

TEST_F(VerifierTest, TheClaimsAreStrictJson) {
  const std::string good = GoodClaims().dump();
  const std::string open = good.substr(0, good.size() - 1);
  EXPECT_EQ(WithPayload(good), TokenRefusal::kNone);
  for (const std::string& payload :
       {std::string(""), std::string("null"), std::string("[]"), std::string("\"x\""),
        std::string("Payload"), good + " x", good + good, open, open + ",}", open + ",\"exp\":1}",
        open + ",\"\\u0073ub\":\"bob\"}", open + ",\"x\":{\"a\":1,\"a\":2}}",
        open + ",\"x\":1e400}", open + ",\"x\":NaN}", open + ",\"x\":\"\xff\"}",
        open + ",\"x\":\"\\ud800\"}", good + std::string(1, '\0'), "// x\n" + good,
        open + ",\"x\":" + std::string(32, '[') + std::string(32, ']') + "}"}) {
    EXPECT_EQ(WithPayload(payload), TokenRefusal::kMalformed) << payload;
  }
  EXPECT_EQ(WithPayload(open + ",\"x\":" + std::string(31, '[') + std::string(31, ']') + "}"),
            TokenRefusal::kNone);
}

TEST_F(VerifierTest, ClaimsOfTheWrongKindAreRefused) {
  for (const char* name : {"iss", "sub", "jti"}) {
    for (const Json& value :
         {Json(1), Json(nullptr), Json(true), Json::array({kIssuer}), Json::object()}) {
      EXPECT_EQ(WithClaim(name, value), TokenRefusal::kBadClaim) << name << value;
    }
  }
  for (const Json& value : {Json(1), Json(nullptr), Json::object(), Json::array({kAudience, 1}),
                            Json::array({Json::array({kAudience})})}) {
    EXPECT_EQ(WithClaim("aud", value), TokenRefusal::kBadClaim) << value;
  }
}

TEST_F(VerifierTest, TimesAreNumbersOfSeconds) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const char* value :
         {"\"1800000100\"", "null", "true", "[]", "{}", "-1", "-0.5", "-1e300", "1e300", "1e20",
          "253402300800", "253402300799.5", "9223372036854775807", "9223372036854775808",
          "18446744073709551615", "18446744073709551616", "-9223372036854775808",
          "-9223372036854775809", "123456789012345678901234567890"}) {
      Json claims = GoodClaims();
      claims.erase(name);
      std::string text = claims.dump();
      text.back() = ',';
      EXPECT_EQ(WithPayload(absl::StrCat(text, "\"", name, "\":", value, "}")),
                TokenRefusal::kBadClaim)
          << name << " " << value;
    }
  }
  // In a text the parser itself refuses these.
  Json claims = GoodClaims();
  claims.erase("exp");
  std::string text = claims.dump();
  text.back() = ',';
  for (const char* value : {"1e400", "-1e400", "NaN", "Infinity", "0x7fffffff", "1_000"}) {
    EXPECT_EQ(WithPayload(absl::StrCat(text, "\"exp\":", value, "}")), TokenRefusal::kMalformed);
  }
  EXPECT_EQ(WithClaim("exp", 253402300799), TokenRefusal::kNone);
  EXPECT_EQ(WithClaim("nbf", 0), TokenRefusal::kNone);
  EXPECT_EQ(WithClaim("nbf", 1.5), TokenRefusal::kNone);
  EXPECT_EQ(WithClaim("exp", 1.8000001e9), TokenRefusal::kNone);
}

TEST_F(VerifierTest, ExpIsRequiredAndOthersOnDemand) {
  Json claims = GoodClaims();
  claims.erase("exp");
  EXPECT_EQ(Verify(Mint(key_, claims)).refusal, TokenRefusal::kMissingClaim);
  claims = {{"iss", kIssuer}, {"aud", kAudience}, {"exp", kNowSeconds + 1}};
  EXPECT_EQ(Verify(Mint(key_, claims)).refusal, TokenRefusal::kNone);
  IssuerOptions options = OptionsFor(key_);
  options.required_claims = {"sub", "tenant"};
  const auto verifier = VerifierFor(options);
  EXPECT_THAT(verifier->Verify(Mint(key_, claims), Now()).detail, HasSubstr("no sub"));
  claims["sub"] = "alice";
  EXPECT_EQ(verifier->Verify(Mint(key_, claims), Now()).refusal, TokenRefusal::kMissingClaim);
  claims["tenant"] = nullptr;
  EXPECT_EQ(verifier->Verify(Mint(key_, claims), Now()).refusal, TokenRefusal::kMissingClaim);
  claims["tenant"] = 7;
  EXPECT_EQ(verifier->Verify(Mint(key_, claims), Now()).refusal, TokenRefusal::kNone);
}

TEST_F(VerifierTest, IssuerAndAudienceAreComparedExactly) {
  for (const char* issuer : {"", "https://auth.shop.example/", "HTTPS://auth.shop.example",
                             "https://auth.shop.exampl", "https://auth.shop.example "}) {
    EXPECT_EQ(WithClaim("iss", issuer), TokenRefusal::kIssuer) << issuer;
  }
  for (const Json& audience :
       {Json(""), Json("Orders"), Json("orders "), Json("order"), Json::array(),
        Json::array({"billing"}), Json::array({"orders/"}), Json("billing orders")}) {
    EXPECT_EQ(WithClaim("aud", audience), TokenRefusal::kAudience) << audience;
  }
  EXPECT_EQ(WithClaim("aud", Json::array({"orders"})), TokenRefusal::kNone);
  for (const char* name : {"iss", "aud"}) {
    Json claims = GoodClaims();
    claims.erase(name);
    EXPECT_EQ(Verify(Mint(key_, claims)).refusal,
              std::string(name) == "iss" ? TokenRefusal::kIssuer : TokenRefusal::kAudience);
  }
}

// Every boundary, to the nanosecond around the second, for a leeway of 0 and of 60 s.
TEST(TimeTest, TheBoundariesAreExact) {
  const SigningKey& key = TestKey(Algorithm::kHs256);
  const absl::Duration tick = absl::Nanoseconds(1);
  for (absl::Duration leeway : {absl::ZeroDuration(), absl::Seconds(60)}) {
    IssuerOptions options = OptionsFor(key);
    options.leeway = leeway;
    const auto verifier = VerifierFor(options);
    const auto refusal = [&](const Json& claims, absl::Time now) {
      return verifier->Verify(Mint(key, claims), now).refusal;
    };
    Json claims = {{"iss", kIssuer}, {"aud", kAudience}, {"exp", kNowSeconds}};
    const absl::Time expiry = Now() + leeway;
    EXPECT_EQ(refusal(claims, expiry - absl::Seconds(1)), TokenRefusal::kNone);
    EXPECT_EQ(refusal(claims, expiry - tick), TokenRefusal::kNone);
    EXPECT_EQ(refusal(claims, expiry), TokenRefusal::kExpired);
    EXPECT_EQ(refusal(claims, expiry + absl::Seconds(1)), TokenRefusal::kExpired);
    EXPECT_EQ(refusal(claims, absl::InfiniteFuture()), TokenRefusal::kExpired);

    claims["exp"] = kNowSeconds + 0.5;
    EXPECT_EQ(refusal(claims, expiry + absl::Milliseconds(499)), TokenRefusal::kNone);
    EXPECT_EQ(refusal(claims, expiry + absl::Milliseconds(500)), TokenRefusal::kExpired);

    claims["exp"] = kNowSeconds + 1000;
    for (const char* name : {"nbf", "iat"}) {
      Json later = claims;
      later[name] = kNowSeconds;
      const absl::Time start = Now() - leeway;
      EXPECT_EQ(refusal(later, start - absl::Seconds(1)), TokenRefusal::kNotYetValid) << name;
      EXPECT_EQ(refusal(later, start - tick), TokenRefusal::kNotYetValid) << name;
      EXPECT_EQ(refusal(later, start), TokenRefusal::kNone) << name;
      EXPECT_EQ(refusal(later, start + absl::Seconds(1)), TokenRefusal::kNone) << name;
      EXPECT_EQ(refusal(later, absl::InfinitePast()), TokenRefusal::kNotYetValid) << name;
    }
  }
}

}  // namespace
}  // namespace warden
