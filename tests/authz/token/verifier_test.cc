// What a token says, its form, its header and its limits.
#include "authz/token/verifier.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "authz/token/base64url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"
#include "tests/authz/token/verifier_fixture.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
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
