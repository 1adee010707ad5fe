// Which key verifies a token, and which never does.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/signature.h"
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
using ::warden::testing::KeysOf;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::SignTexts;
using ::warden::testing::TestKey;
using ::warden::testing::VerifierFor;
using VerifierTest = ::warden::testing::VerifierTest;

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
    const TokenResult result = verifier->Verify(token, Now());
    ASSERT_EQ(result.refusal, TokenRefusal::kNone);
    EXPECT_EQ(result.token->key_id(), signer.key_id());  // for a revocation by kid to find it
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

}  // namespace
}  // namespace warden
