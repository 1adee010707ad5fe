#include "authz/token/jwks.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::warden::testing::TestKey;

Json PublicJwk(Algorithm algorithm) { return *TestKey(algorithm).PublicJwk(); }
Json SecretJwk(Algorithm algorithm) { return *TestKey(algorithm).InsecureSecretJwk(); }

absl::StatusOr<std::shared_ptr<const KeySet>> Parse(const std::vector<Json>& keys,
                                                    const KeySetOptions& options = {}) {
  return KeySet::Parse(Json{{"keys", keys}}.dump(), options);
}

// A copy with the member set, or removed where the value is null.
Json With(Json jwk, const char* member, const Json& value) {
  if (value.is_null()) {
    jwk.erase(member);
  } else {
    jwk[member] = value;
  }
  return jwk;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(KeySetTest, ReadsEveryKindOfKey) {
  for (Algorithm algorithm : AllAlgorithms()) {
    const auto set = Parse({IsSymmetric(algorithm) ? SecretJwk(algorithm) : PublicJwk(algorithm)});
    ASSERT_TRUE(set.ok()) << AlgorithmName(algorithm) << set.status();
    ASSERT_EQ((*set)->keys().size(), 1);
    EXPECT_EQ((*set)->algorithms(), AlgorithmSet{algorithm});
    EXPECT_EQ((*set)->keys()[0].symmetric(), IsSymmetric(algorithm));
    const std::string kid = absl::StrCat("test-", std::string(AlgorithmName(algorithm)));
    EXPECT_EQ((*set)->Find(kid), &(*set)->keys()[0]);
    EXPECT_EQ((*set)->Find("test-"), nullptr);
  }
}

TEST(KeySetTest, BindsAKeyWithoutAlgToItsType) {
  const auto fit = [](Algorithm algorithm) {
    const Json jwk = IsSymmetric(algorithm) ? SecretJwk(algorithm) : PublicJwk(algorithm);
    return (*Parse({With(jwk, "alg", nullptr)}))->algorithms().ToString();
  };
  EXPECT_EQ(fit(Algorithm::kRs256), "RS256, RS384, RS512, PS256, PS384, PS512");
  EXPECT_EQ(fit(Algorithm::kEs256), "ES256");
  EXPECT_EQ(fit(Algorithm::kEs384), "ES384");
  EXPECT_EQ(fit(Algorithm::kEs512), "ES512");
  EXPECT_EQ(fit(Algorithm::kEdDsa), "EdDSA");
  EXPECT_EQ(fit(Algorithm::kHs256), "HS256");
  EXPECT_EQ(fit(Algorithm::kHs384), "HS256, HS384");
  EXPECT_EQ(fit(Algorithm::kHs512), "HS256, HS384, HS512");
}

TEST(KeySetTest, SetsUnusableKeysAside) {
  const Json ec = PublicJwk(Algorithm::kEs256);
  const Json rsa = PublicJwk(Algorithm::kRs256);
  const Json okp = PublicJwk(Algorithm::kEdDsa);
  const Json oct = SecretJwk(Algorithm::kHs256);
  const auto octets = [](size_t size, char fill) {
    return Base64UrlEncode(std::string(size, fill));
  };
  struct Case {
    const char* name;
    Json jwk;
    const char* reason;
  };
  const Case cases[] = {
      {"not an object", 42, "not an object"},
      {"no kty", With(ec, "kty", nullptr), "kty is missing"},
      {"kty not text", With(ec, "kty", 1), "kty is not a string"},
      {"kty of the future", With(ec, "kty", "AKP"), "kty \"AKP\""},
      {"kty in another case", With(ec, "kty", "ec"), "kty \"ec\""},
      {"kty of another key", With(ec, "kty", "RSA"), "n is missing"},
      {"kid not text", With(ec, "kid", 7), "kid is not a string"},
      {"use enc", With(ec, "use", "enc"), "use is \"enc\""},
      {"use not text", With(ec, "use", Json::array({"sig"})), "use is not a string"},
      {"key_ops sign", With(ec, "key_ops", Json::array({"sign"})), "does not have \"verify\""},
      {"key_ops empty", With(ec, "key_ops", Json::array()), "does not have \"verify\""},
      {"key_ops text", With(ec, "key_ops", "verify"), "not a list"},
      {"key_ops twice", With(ec, "key_ops", Json::array({"verify", "verify"})), "different"},
      {"alg of another curve", With(ec, "alg", "ES384"), "fit for ES256"},
      {"alg of another type", With(ec, "alg", "RS256"), "fit for ES256"},
      {"alg for a secret", With(rsa, "alg", "HS256"), "fit for RS256"},
      {"alg none", With(ec, "alg", "none"), "alg \"none\""},
      {"alg for encryption", With(rsa, "alg", "RSA-OAEP"), "alg \"RSA-OAEP\""},
      {"alg in another case", With(ec, "alg", "es256"), "alg \"es256\""},
      {"alg of a wrong name", With(ec, "alg", "ES521"), "fit for ES256"},
      {"alg not text", With(ec, "alg", 256), "alg is not a string"},
      {"no crv", With(ec, "crv", nullptr), "crv is missing"},
      {"crv unknown", With(ec, "crv", "secp256k1"), "crv \"secp256k1\""},
      {"crv of another length", With(ec, "crv", "P-384"), "have 48 octets"},
      {"x missing", With(ec, "x", nullptr), "x is missing"},
      {"x padded", With(ec, "x", ec["x"].get<std::string>() + "="), "x is not base64url"},
      {"x short", With(ec, "x", octets(31, 'x')), "have 32 octets"},
      {"x long", With(ec, "x", octets(33, '\0')), "have 32 octets"},
      {"not on the curve", With(ec, "x", ec["y"]), "not on the curve"},
      {"at infinity", With(With(ec, "x", octets(32, '\0')), "y", octets(32, '\0')),
       "not on the curve"},
      {"x over the field", With(ec, "x", octets(32, '\xff')), "not on the curve"},
      {"crv for agreement", With(okp, "crv", "X25519"), "crv is not one"},
      {"Ed25519 short", With(okp, "x", octets(31, 'x')), "has 32 octets"},
      {"Ed25519 of order 1", With(okp, "x", Base64UrlEncode("\x01" + std::string(31, '\0'))),
       "small order"},
      {"Ed25519 zero", With(okp, "x", octets(32, '\0')), "small order"},
      {"n missing", With(rsa, "n", nullptr), "n is missing"},
      {"n number", With(rsa, "n", 12345), "n is not a string"},
      {"RSA of 1024 bits", With(rsa, "n", octets(128, '\xd5')), "1024 bits"},
      {"RSA of 2047 bits", With(rsa, "n", octets(256, '\x7f')), "2047 bits"},
      {"RSA of 8200 bits", With(rsa, "n", octets(1025, '\xd5')), "8200 bits"},
      {"RSA of 80000 bits", With(rsa, "n", octets(10000, '\xd5')), "too long"},
      {"n even", With(rsa, "n", octets(256, '\xd4')), "small factor"},
      {"n of small primes", With(rsa, "n", octets(256, '\xff')), "small factor"},
      {"e 1", With(rsa, "e", "AQ"), "exponent"},
      {"e 3", With(rsa, "e", "Aw"), "exponent"},
      {"e even", With(rsa, "e", "AQAC"), "exponent"},
      {"e empty", With(rsa, "e", ""), "exponent"},
      {"e long", With(rsa, "e", octets(9, '\x01')), "exponent"},
      {"k missing", With(oct, "k", nullptr), "k is missing"},
      {"k empty", With(oct, "k", ""), "0 octets"},
      {"k short", With(oct, "k", octets(31, 'k')), "31 octets"},
      {"k short for alg", With(oct, "alg", "HS512"), "fit for HS256"},
      {"k for encryption", With(oct, "alg", "A256GCM"), "alg \"A256GCM\""},
  };
  for (const Case& test : cases) {
    // Alone it makes the set useless; beside a good key it is left out.
    const auto alone = Parse({test.jwk});
    EXPECT_EQ(alone.status().code(), absl::StatusCode::kFailedPrecondition) << test.name;
    EXPECT_THAT(Message(alone.status()), HasSubstr(test.reason)) << test.name;
    const auto beside = Parse({test.jwk, PublicJwk(Algorithm::kEs384)});
    ASSERT_TRUE(beside.ok()) << test.name << beside.status();
    EXPECT_EQ((*beside)->keys().size(), 1) << test.name;
    ASSERT_EQ((*beside)->skipped().size(), 1) << test.name;
    EXPECT_THAT((*beside)->skipped()[0].ToString(), HasSubstr(test.reason)) << test.name;
    EXPECT_THAT((*beside)->skipped()[0].ToString(), HasSubstr("keys[0]")) << test.name;
  }
}

// The modulus of wycheproof's json_web_key_test.json, tcId 7 (C2SP/wycheproof, Apache-2.0).
TEST(KeySetTest, RefusesAKeyWithTheRocaWeakness) {
  const Json jwk = {{"kty", "RSA"},
                    {"e", "AQAB"},
                    {"n",
                     "AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_"
                     "HhFw16HGaTDUHqPrId7f"
                     "e4r11CqRw09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_"
                     "nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0z"
                     "s3Z5ZaiQWOOzl1S9OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuR"
                     "h7YXsX3iMUSP_wS"
                     "yHQg_c_qHRtKUsNSGCT7OZg0hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE"}};
  EXPECT_THAT(Message(Parse({jwk}).status()), HasSubstr("ROCA"));
}

TEST(KeySetTest, KeepsKeysWithMembersThatItDoesNotKnow) {
  Json jwk = PublicJwk(Algorithm::kEs256);
  jwk["x5c"] = Json::array({"MIIB"});
  jwk["x5u"] = "https://evil.example/key";
  jwk["ext"] = true;
  jwk["key_ops"] = {"verify", "wrapKey"};
  const auto set = Parse({jwk});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->keys().size(), 1);
}

TEST(KeySetTest, TakesTheCommonSlipForEs512) {
  const auto set = Parse({With(PublicJwk(Algorithm::kEs512), "alg", "ES521")});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->algorithms(), AlgorithmSet{Algorithm::kEs512});
}

TEST(KeySetTest, RefusesTwoKeysWithOneKid) {
  const Json a = With(PublicJwk(Algorithm::kEs256), "kid", "k");
  const Json b = With(PublicJwk(Algorithm::kRs256), "kid", "k");
  const auto set = Parse({a, b});
  EXPECT_EQ(set.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(set.status()), HasSubstr("keys[1] (kid \"k\"): another key has this kid"));
  // A key for encryption beside the one for signatures is common and harmless.
  EXPECT_TRUE(Parse({a, With(b, "use", "enc")}).ok());
  EXPECT_TRUE(Parse({With(a, "kid", nullptr), With(b, "kid", nullptr)}).ok());
}

TEST(KeySetTest, RefusesSecretsAmongPublicKeys) {
  const auto set = Parse({SecretJwk(Algorithm::kHs256), PublicJwk(Algorithm::kEs256)});
  EXPECT_EQ(set.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(set.status()), HasSubstr("among public keys"));
}

TEST(KeySetTest, RefusesPublishedPrivateKeysUnlessAskedTo) {
  for (Algorithm algorithm : {Algorithm::kEs256, Algorithm::kRs256, Algorithm::kEdDsa}) {
    const Json jwk = SecretJwk(algorithm);
    const auto set = Parse({jwk});
    EXPECT_EQ(set.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Message(set.status()), HasSubstr("carries private members"));
    EXPECT_THAT(Message(set.status()), Not(HasSubstr(jwk["d"].get<std::string>())));
    KeySetOptions options;
    options.insecure_allow_private_members = true;
    EXPECT_TRUE(Parse({jwk}, options).ok());
  }
}

TEST(KeySetTest, ListsEveryProblem) {
  const Json a = With(PublicJwk(Algorithm::kEs256), "kid", "k");
  const auto set = Parse({a, a, SecretJwk(Algorithm::kHs256), SecretJwk(Algorithm::kEs384)});
  EXPECT_THAT(Message(set.status()), HasSubstr("another key has this kid"));
  EXPECT_THAT(Message(set.status()), HasSubstr("among public keys"));
  EXPECT_THAT(Message(set.status()), HasSubstr("keys[3] (kid \"test-ES384\"): carries private"));
}

TEST(KeySetTest, RefusesWhatIsNotAKeySet) {
  const std::string jwk = PublicJwk(Algorithm::kEs256).dump();
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("[]"), std::string("{}"),
        std::string("{\"keys\":{}}"), std::string("{\"keys\":[]"), jwk,
        absl::StrCat("{\"keys\":[", jwk, "],\"keys\":[", jwk, "]}"),
        std::string("{\"keys\":[{\"kty\":\"oct\",\"k\":\"a\",\"k\":\"b\"}]}"),
        absl::StrCat("[", jwk, "]")}) {
    EXPECT_EQ(KeySet::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(KeySet::Parse("{\"keys\":[]}").status().code(), absl::StatusCode::kFailedPrecondition);
  KeySetOptions single;
  single.allow_single_key = true;
  EXPECT_TRUE(KeySet::Parse(jwk, single).ok());
}

TEST(KeySetTest, BoundsTheSet) {
  KeySetOptions options;
  options.max_keys = 1;
  EXPECT_TRUE(Parse({PublicJwk(Algorithm::kEs256)}, options).ok());
  EXPECT_EQ(
      Parse({PublicJwk(Algorithm::kEs256), PublicJwk(Algorithm::kRs256)}, options).status().code(),
      absl::StatusCode::kInvalidArgument);
  options = {};
  options.max_bytes = 32;
  EXPECT_EQ(Parse({PublicJwk(Algorithm::kEs256)}, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(KeySetTest, ReadsFiles) {
  const std::string path = ::testing::TempDir() + "/jwks_test.json";
  {
    std::ofstream file(path);
    file << Json{{"keys", Json::array({PublicJwk(Algorithm::kEs256)})}}.dump(2) << '\n';
  }
  EXPECT_TRUE(KeySet::FromFile(path).ok());
  KeySetOptions options;
  options.max_bytes = 10;
  EXPECT_EQ(KeySet::FromFile(path, options).status().code(), absl::StatusCode::kInvalidArgument);
  std::remove(path.c_str());
  const auto missing = KeySet::FromFile(path);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(missing.status()), HasSubstr(path));
  EXPECT_FALSE(KeySet::FromFile(::testing::TempDir()).ok());
}

}  // namespace
}  // namespace warden
