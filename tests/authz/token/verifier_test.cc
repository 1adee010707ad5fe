// One token after another against one verifier: what is wrong with each, and how it is refused.
#include "authz/token/verifier.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "authz/token/base64url.h"
#include "authz/token/signature.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::warden::testing::GoodClaims;
using ::warden::testing::GoodHeader;
using ::warden::testing::kAudience;
using ::warden::testing::KeysOf;
using ::warden::testing::kIssuer;
using ::warden::testing::kNowSeconds;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::SignTexts;
using ::warden::testing::TestKey;
using ::warden::testing::VerifierFor;

class VerifierTest : public ::testing::Test {
 protected:
  TokenResult Verify(const std::string& token, absl::Time now = Now()) const {
    const TokenResult result = verifier_->Verify(token, now);
    EXPECT_EQ(result.token != nullptr, result.refusal == TokenRefusal::kNone);
    EXPECT_EQ(result.detail.empty(), result.refusal == TokenRefusal::kNone);
    return result;
  }

  // The refusal of a token with this header or payload, its signature being right.
  TokenRefusal WithHeader(std::string_view header) const {
    return Verify(SignTexts(key_, header, GoodClaims().dump())).refusal;
  }
  TokenRefusal WithPayload(std::string_view payload) const {
    return Verify(SignTexts(key_, GoodHeader(key_), payload)).refusal;
  }
  TokenRefusal WithClaim(const char* name, const Json& value) const {
    Json claims = GoodClaims();
    claims[name] = value;
    return WithPayload(claims.dump());
  }

  const SigningKey& key_ = TestKey(Algorithm::kEs256);
  const std::shared_ptr<const TokenVerifier> verifier_ = VerifierFor(OptionsFor(key_));
};

TEST_F(VerifierTest, AGoodTokenSaysWhatItHolds) {
  Json claims = GoodClaims();
  claims["nbf"] = kNowSeconds - 5;
  claims["jti"] = "id-1";
  claims["aud"] = {"billing", kAudience};
  claims["roles"] = {"reader"};
  const TokenResult result = Verify(Mint(key_, claims));
  ASSERT_NE(result.token, nullptr) << result.detail;
  EXPECT_EQ(result.algorithm, "ES256");
  const VerifiedToken& token = *result.token;
  EXPECT_EQ(token.issuer(), kIssuer);
  EXPECT_EQ(token.subject(), "alice");
  EXPECT_EQ(token.token_id(), "id-1");
  EXPECT_THAT(token.audiences(), ElementsAre("billing", kAudience));
  EXPECT_EQ(token.key_id(), "test-ES256");
  EXPECT_EQ(token.algorithm(), Algorithm::kEs256);
  EXPECT_EQ(token.issued_at(), absl::FromUnixSeconds(kNowSeconds - 10));
  EXPECT_EQ(token.not_before(), absl::FromUnixSeconds(kNowSeconds - 5));
  EXPECT_EQ(token.expires_at(), absl::FromUnixSeconds(kNowSeconds + 300));
  EXPECT_EQ(token.valid_from(), absl::FromUnixSeconds(kNowSeconds - 65));
  EXPECT_EQ(token.valid_until(), absl::FromUnixSeconds(kNowSeconds + 360));
  EXPECT_EQ(token.claims(), claims);
}

TEST_F(VerifierTest, EveryAlgorithmVerifiesItsOwnTokensAlone) {
  for (Algorithm signer : AllAlgorithms()) {
    const std::string token = Mint(TestKey(signer), GoodClaims());
    for (Algorithm trusted : AllAlgorithms()) {
      const TokenResult result = VerifierFor(OptionsFor(TestKey(trusted)))->Verify(token, Now());
      EXPECT_EQ(result.refusal,
                signer == trusted ? TokenRefusal::kNone : TokenRefusal::kAlgorithmNotAllowed)
          << AlgorithmName(signer) << " by " << AlgorithmName(trusted);
      EXPECT_EQ(result.algorithm, AlgorithmName(signer));
    }
  }
}

TEST_F(VerifierTest, AnyChangedCharacterIsRefused) {
  const std::string token = Mint(key_, GoodClaims());
  ASSERT_EQ(Verify(token).refusal, TokenRefusal::kNone);
  for (size_t i = 0; i < token.size(); ++i) {
    for (int bit : {0, 1, 5}) {
      std::string changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_NE(Verify(changed).refusal, TokenRefusal::kNone) << "character " << i;
    }
  }
}

TEST_F(VerifierTest, AnyTruncationOrInsertionIsRefused) {
  const std::string token = Mint(key_, GoodClaims());
  for (size_t i = 0; i < token.size(); ++i) {
    EXPECT_NE(Verify(token.substr(0, i)).refusal, TokenRefusal::kNone) << i;
    EXPECT_NE(Verify(token.substr(i + 1)).refusal, TokenRefusal::kNone) << i;
    for (const char* inserted : {" ", "\n", "=", ".", "A"}) {
      std::string changed = token;
      changed.insert(i, inserted);
      EXPECT_NE(Verify(changed).refusal, TokenRefusal::kNone) << i << inserted;
    }
  }
}

TEST_F(VerifierTest, TheFormIsStrict) {
  const std::string token = Mint(key_, GoodClaims());
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  const auto join = [](std::initializer_list<std::string> segments) {
    return absl::StrJoin(segments, ".");
  };
  for (const std::string& changed : {std::string(),
                                     std::string("."),
                                     std::string(".."),
                                     std::string("..."),
                                     token + "\n",
                                     " " + token,
                                     token + " ",
                                     token + "=",
                                     token + ".",
                                     "." + token,
                                     "Bearer " + token,
                                     "\"" + token + "\"",
                                     token + std::string(1, '\0'),
                                     join({parts[0], parts[1]}),
                                     join({parts[0], parts[1] + "=", parts[2]}),
                                     join({parts[0] + "=", parts[1], parts[2]}),
                                     join({parts[0], parts[1], parts[2], ""}),
                                     join({parts[0], parts[1], parts[2], "", ""}),
                                     join({"", parts[1], parts[2]}),
                                     join({"e30", parts[1], parts[2]}),
                                     join({parts[0], parts[1] + "\r\n", parts[2]})}) {
    EXPECT_EQ(Verify(changed).refusal, TokenRefusal::kMalformed) << changed;
  }
  EXPECT_THAT(Verify("a.b.c.d.e").detail, HasSubstr("JWE"));
  EXPECT_EQ(Verify(join({parts[0], parts[1], ""})).refusal, TokenRefusal::kSignature);
  EXPECT_EQ(Verify(join({parts[0], "", parts[2]})).refusal, TokenRefusal::kSignature);
}

TEST_F(VerifierTest, TheSizeIsBoundedBeforeDecoding) {
  TokenLimits limits;
  limits.max_token_bytes = Mint(key_, GoodClaims()).size();
  const auto verifier = VerifierFor(OptionsFor(key_), limits);
  EXPECT_EQ(verifier->Verify(Mint(key_, GoodClaims()), Now()).refusal, TokenRefusal::kNone);
  Json claims = GoodClaims();
  claims["x"] = "xx";
  const TokenResult result = verifier->Verify(Mint(key_, claims), Now());
  EXPECT_EQ(result.refusal, TokenRefusal::kTooLarge);
  EXPECT_EQ(result.algorithm, "unknown");
  EXPECT_EQ(Verify(std::string(1'000'000, '.')).refusal, TokenRefusal::kTooLarge);
  EXPECT_EQ(Verify(std::string(16384, 'A')).refusal, TokenRefusal::kMalformed);
}

TEST_F(VerifierTest, TheHeaderIsStrict) {
  const std::string kid = "\"kid\":\"test-ES256\"";
  EXPECT_EQ(WithHeader("{\"alg\":\"ES256\"," + kid + "}"), TokenRefusal::kNone);
  EXPECT_EQ(WithHeader(" { \"alg\" :\r\n\"ES256\" } "), TokenRefusal::kNone);
  EXPECT_EQ(WithHeader("{\"\\u0061lg\":\"ES256\"}"), TokenRefusal::kNone);
  for (const std::string& header :
       {std::string(""),
        std::string("null"),
        std::string("[]"),
        std::string("\"ES256\""),
        std::string("{}"),
        "{" + kid + "}",
        std::string("{\"alg\":null}"),
        std::string("{\"alg\":256}"),
        std::string("{\"alg\":[\"ES256\"]}"),
        std::string("{\"ALG\":\"ES256\"}"),
        std::string("{\"alg\":\"ES256\",\"alg\":\"ES256\"}"),
        std::string("{\"alg\":\"none\",\"\\u0061lg\":\"ES256\"}"),
        std::string("{\"alg\":\"ES256\"}{}"),
        std::string("{\"alg\":\"ES256\",}"),
        std::string("{\"alg\":\"ES256\"}\0", 16),
        std::string("\xef\xbb\xbf{\"alg\":\"ES256\"}"),
        std::string("{\"alg\":\"ES256\",\"kid\":1}"),
        std::string("{\"alg\":\"ES256\",\"kid\":null}"),
        std::string("{\"alg\":\"ES256\",\"typ\":7}"),
        std::string("{\"alg\":\"ES256\",\"x\":\"\xff\"}"),
        "{\"alg\":\"ES256\",\"x\":" + std::string(40, '[') + std::string(40, ']') + "}"}) {
    EXPECT_EQ(WithHeader(header), TokenRefusal::kMalformed) << header;
  }
}

TEST_F(VerifierTest, TheTokenDoesNotChooseTheAlgorithm) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "es256", "ES256 ", " ES256", "ES256K",
                          "ES521", "HS256", "RS256", "PS256", "EdDSA", "dir", "A128KW", "ES384"}) {
    EXPECT_EQ(WithHeader(Json{{"alg", alg}}.dump()), TokenRefusal::kAlgorithmNotAllowed) << alg;
  }
  EXPECT_EQ(Verify(absl::StrCat(Base64UrlEncode("{\"alg\":\"none\"}"), ".",
                                Base64UrlEncode(GoodClaims().dump()), "."))
                .refusal,
            TokenRefusal::kAlgorithmNotAllowed);
}

TEST_F(VerifierTest, APublicKeyIsNeverASecret) {
  // The attack: HS256 with some text of the public key as the secret. HS256 is even allowed here.
  const SigningKey& rsa = TestKey(Algorithm::kRs256);
  IssuerOptions options = OptionsFor(rsa);
  options.algorithms = {"RS256", "HS256"};
  const auto verifier = VerifierFor(options);
  const Json jwk = *rsa.PublicJwk();
  for (const std::string& secret : {jwk.dump(), jwk["n"].get<std::string>(),
                                    *Base64UrlDecode(jwk["n"].get<std::string>()), std::string()}) {
    for (const char* kid : {"\"kid\":\"test-RS256\",", ""}) {
      const std::string input =
          absl::StrCat(Base64UrlEncode(absl::StrCat("{", kid, "\"alg\":\"HS256\"}")), ".",
                       Base64UrlEncode(GoodClaims().dump()));
      const std::string mac = MakeMac(Algorithm::kHs256, secret, input);
      ASSERT_EQ(mac.size(), 32);
      const auto result = verifier->Verify(absl::StrCat(input, ".", Base64UrlEncode(mac)), Now());
      EXPECT_EQ(result.refusal,
                *kid == '\0' ? TokenRefusal::kKeyUnknown : TokenRefusal::kKeyMismatch);
    }
  }
}

TEST_F(VerifierTest, NoExtensionIsUnderstood) {
  for (const char* crit : {"[]", "[\"exp\"]", "[\"b64\"]", "[\"alg\"]", "[\"missing\"]", "\"exp\"",
                           "null", "{}", "1", "[1]", "[\"exp\",\"exp\"]"}) {
    EXPECT_EQ(WithHeader(absl::StrCat("{\"alg\":\"ES256\",\"exp\":1,\"crit\":", crit, "}")),
              TokenRefusal::kCritical)
        << crit;
  }
  EXPECT_EQ(WithHeader("{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}"),
            TokenRefusal::kCritical);
  EXPECT_EQ(WithHeader("{\"alg\":\"ES256\",\"b64\":false}"), TokenRefusal::kCritical);
  EXPECT_EQ(WithHeader("{\"alg\":\"ES256\",\"b64\":true}"), TokenRefusal::kCritical);
}

TEST_F(VerifierTest, KeysInTheTokenAreNotUsed) {
  const SigningKey attacker = *SigningKey::Generate(Algorithm::kEs256, "test-ES256");
  Json header = {{"alg", "ES256"}, {"jwk", *attacker.PublicJwk()}};
  header["jku"] = "https://evil.example/jwks";
  header["x5u"] = "https://evil.example/cert";
  header["x5c"] = {"MIIB"};
  for (const char* kid : {"test-ES256", "evil", ""}) {
    header["kid"] = kid;
    const auto result = Verify(SignTexts(attacker, header.dump(), GoodClaims().dump()));
    EXPECT_EQ(result.refusal, std::string(kid) == "test-ES256" ? TokenRefusal::kSignature
                                                               : TokenRefusal::kKeyUnknown);
  }
  // The same header by the right key: ignored, not an error.
  header["kid"] = "test-ES256";
  EXPECT_EQ(WithHeader(header.dump()), TokenRefusal::kNone);
}

TEST_F(VerifierTest, TheKidNamesTheKey) {
  for (const char* kid : {"", "test-es256", "test-ES25", "test-ES2566", "../test-ES256", "'"}) {
    const TokenResult result =
        Verify(SignTexts(key_, Json{{"alg", "ES256"}, {"kid", kid}}.dump(), GoodClaims().dump()));
    EXPECT_EQ(result.refusal, TokenRefusal::kKeyUnknown) << kid;
  }
}

TEST_F(VerifierTest, AKidOfAnotherAlgorithmIsAMismatch) {
  const SigningKey& other = TestKey(Algorithm::kEs384);
  IssuerOptions options = OptionsFor(key_);
  options.keys = KeysOf({&key_, &other});
  options.algorithms = {"ES256", "ES384"};
  const std::string token =
      SignTexts(key_, "{\"alg\":\"ES256\",\"kid\":\"test-ES384\"}", GoodClaims().dump());
  EXPECT_EQ(VerifierFor(options)->Verify(token, Now()).refusal, TokenRefusal::kKeyMismatch);
}

TEST_F(VerifierTest, AKidOfAKeySetAsideSaysSo) {
  Json weak = *TestKey(Algorithm::kEs384).PublicJwk();
  weak["use"] = "enc";
  IssuerOptions options = OptionsFor(key_);
  options.keys = *KeySet::Parse(Json{{"keys", {*key_.PublicJwk(), weak}}}.dump());
  options.algorithms = {"ES256", "ES384"};
  const TokenResult result =
      VerifierFor(options)->Verify(Mint(TestKey(Algorithm::kEs384), GoodClaims()), Now());
  EXPECT_EQ(result.refusal, TokenRefusal::kKeyUnusable);
  EXPECT_THAT(result.detail, HasSubstr("use is \"enc\""));
}

TEST_F(VerifierTest, WithoutKidTheFittingKeysAreTried) {
  Json keys = Json::array();
  std::vector<SigningKey> signers;
  for (int i = 0; i < 3; ++i) {
    signers.push_back(*SigningKey::Generate(Algorithm::kEs256, absl::StrCat("k", i)));
    keys.push_back(*signers.back().PublicJwk());
  }
  keys.push_back(*TestKey(Algorithm::kEs384).PublicJwk());
  IssuerOptions options = OptionsFor(key_);
  options.keys = *KeySet::Parse(Json{{"keys", keys}}.dump());
  TokenLimits limits;
  limits.max_keys_tried = 3;
  const auto verifier = VerifierFor(options, limits);
  for (const SigningKey& signer : signers) {
    const std::string token = SignTexts(signer, "{\"alg\":\"ES256\"}", GoodClaims().dump());
    EXPECT_EQ(verifier->Verify(token, Now()).refusal, TokenRefusal::kNone);
  }
  const std::string foreign = SignTexts(key_, "{\"alg\":\"ES256\"}", GoodClaims().dump());
  EXPECT_EQ(verifier->Verify(foreign, Now()).refusal, TokenRefusal::kSignature);
  // More keys than may be tried: none is.
  limits.max_keys_tried = 2;
  const std::string token = SignTexts(signers[0], "{\"alg\":\"ES256\"}", GoodClaims().dump());
  EXPECT_EQ(VerifierFor(options, limits)->Verify(token, Now()).refusal, TokenRefusal::kKeyUnknown);
}

TEST_F(VerifierTest, AKeyWithoutKidServesAnyKid) {
  Json jwk = *key_.PublicJwk();
  jwk.erase("kid");
  IssuerOptions options = OptionsFor(key_);
  options.keys =
      *KeySet::Parse(Json{{"keys", {jwk, *TestKey(Algorithm::kEs384).PublicJwk()}}}.dump());
  options.algorithms = {"ES256", "ES384"};
  const auto verifier = VerifierFor(options);
  EXPECT_EQ(verifier->Verify(Mint(key_, GoodClaims()), Now()).refusal, TokenRefusal::kNone);
  EXPECT_EQ(verifier->Verify(Mint(TestKey(Algorithm::kRs256), GoodClaims()), Now()).refusal,
            TokenRefusal::kAlgorithmNotAllowed);
  const SigningKey other = *SigningKey::Generate(Algorithm::kEs384, "unknown");
  EXPECT_EQ(verifier->Verify(Mint(other, GoodClaims()), Now()).refusal, TokenRefusal::kKeyUnknown);
}

TEST_F(VerifierTest, SignaturesOfAnotherFormAreRefused) {
  const std::string token = Mint(key_, GoodClaims());
  const std::string input = token.substr(0, token.rfind('.'));
  const std::string raw = *Base64UrlDecode(token.substr(token.rfind('.') + 1));
  ASSERT_EQ(raw.size(), 64);
  const std::string zero(32, '\0');
  const std::string r = raw.substr(0, 32);
  const std::string s = raw.substr(32);
  for (const std::string& signature :
       {raw + '\0', '\0' + raw, raw.substr(0, 63), zero + zero, r + zero, zero + s, s + r,
        raw + raw, std::string(64, '\xff'), '\0' + r + '\0' + s,
        "\x30\x44\x02\x20" + r + "\x02\x20" + s}) {
    EXPECT_EQ(Verify(absl::StrCat(input, ".", Base64UrlEncode(signature))).refusal,
              TokenRefusal::kSignature);
  }
}

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

TEST_F(VerifierTest, DetailsDoNotCarryTheToken) {
  const std::string long_text(4000, 'x');
  Json claims = GoodClaims();
  claims["iss"] = long_text + "\n\"";
  const std::string token = Mint(key_, claims);
  const TokenResult result = Verify(token);
  EXPECT_EQ(result.refusal, TokenRefusal::kIssuer);
  EXPECT_LT(result.detail.size(), 200);
  const TokenResult odd =
      Verify(SignTexts(key_, Json{{"alg", "a\nb\x01"}}.dump(), GoodClaims().dump()));
  EXPECT_THAT(odd.detail, Not(HasSubstr("\n")));
  EXPECT_EQ(odd.algorithm, "unknown");
  const std::string forged = Mint(key_, GoodClaims()).substr(0, 100) + "...";
  EXPECT_THAT(Verify(forged).detail, Not(HasSubstr(forged.substr(0, 20))));
}

TEST_F(VerifierTest, SignatureOnlyTakesAnyPayload) {
  for (const std::string& payload : {std::string(), std::string("foo"), std::string("\0\xff", 2),
                                     std::string("{\"exp\":1,\"exp\":2}")}) {
    const auto result = verifier_->InsecureVerifySignatureOnly(
        SignTexts(key_, "{\"alg\":\"ES256\",\"typ\":\"JOSE\"}", payload));
    EXPECT_EQ(result.refusal, TokenRefusal::kNone) << result.detail;
    EXPECT_EQ(result.payload, payload);
    EXPECT_EQ(result.algorithm, "ES256");
  }
  const auto forged = verifier_->InsecureVerifySignatureOnly("e30.Zm9v.AAAA");
  EXPECT_EQ(forged.refusal, TokenRefusal::kMalformed);
  EXPECT_EQ(forged.payload, "");
}

TEST(RefusalTest, HasOneNameEach) {
  std::set<std::string_view> names;
  for (int i = 0; i < kTokenRefusalCount; ++i) {
    const std::string_view name = ToString(static_cast<TokenRefusal>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace warden
