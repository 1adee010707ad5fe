#include "authz/token/signer.h"

#include <string>

#include "authz/token/jwk.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "openssl/bio.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::warden::testing::TestKey;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

std::string NewPem(const char* type, const char* curve, const EVP_CIPHER* cipher = nullptr) {
  EVP_PKEY* key = curve != nullptr ? EVP_PKEY_Q_keygen(nullptr, nullptr, type, curve)
                                   : EVP_PKEY_Q_keygen(nullptr, nullptr, type);
  BIO* bio = BIO_new(BIO_s_mem());
  unsigned char passphrase[] = "secret";
  PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, reinterpret_cast<char*>(passphrase),
                                cipher != nullptr ? 6 : 0, nullptr, nullptr);
  char* text = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &text));
  std::string pem(text, size);
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

TEST(SigningKeyTest, KeysSurviveTheirJwk) {
  for (Algorithm algorithm : AllAlgorithms()) {
    const SigningKey& made = TestKey(algorithm);
    const Json secret = *made.InsecureSecretJwk();
    const auto read = SigningKey::FromJwk(secret.dump());
    ASSERT_TRUE(read.ok()) << AlgorithmName(algorithm) << read.status();
    EXPECT_EQ(read->algorithm(), algorithm);
    EXPECT_EQ(read->key_id(), made.key_id());
    EXPECT_EQ(*read->InsecureSecretJwk(), secret);
    // What the copy signs, the original's public part verifies.
    const auto verifying =
        VerificationKey::FromJwk(IsSymmetric(algorithm) ? secret : *made.PublicJwk());
    ASSERT_TRUE(verifying.ok()) << verifying.status();
    EXPECT_TRUE(verifying->Verify(algorithm, "input", *read->Sign("input")));
    EXPECT_FALSE(verifying->Verify(algorithm, "Input", *read->Sign("input")));
  }
}

TEST(SigningKeyTest, ThePublicJwkHasNothingPrivate) {
  for (Algorithm algorithm : AllAlgorithms()) {
    const auto jwk = TestKey(algorithm).PublicJwk();
    EXPECT_EQ(jwk.ok(), !IsSymmetric(algorithm));
    if (jwk.ok()) {
      EXPECT_FALSE(HasPrivateMembers(*jwk));
      EXPECT_TRUE(HasPrivateMembers(*TestKey(algorithm).InsecureSecretJwk()));
    }
  }
}

TEST(SigningKeyTest, HalvesOfDifferentKeysAreRefused) {
  for (Algorithm algorithm : {Algorithm::kEs256, Algorithm::kRs256, Algorithm::kEdDsa}) {
    Json mixed = *TestKey(algorithm).InsecureSecretJwk();
    const Json other = *SigningKey::Generate(algorithm, "other")->InsecureSecretJwk();
    mixed["d"] = other["d"];
    const auto key = SigningKey::FromJwk(mixed.dump());
    EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument) << AlgorithmName(algorithm);
    EXPECT_THAT(Message(key.status()), Not(HasSubstr(mixed["d"].get<std::string>())));
  }
}

TEST(SigningKeyTest, WhatIsNotASigningKeyIsRefused) {
  Json enc = *TestKey(Algorithm::kEs256).InsecureSecretJwk();
  enc["use"] = "enc";
  Json verify = *TestKey(Algorithm::kEs256).InsecureSecretJwk();
  verify["key_ops"] = {"verify"};
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[]"), enc.dump(),
                                  verify.dump(), TestKey(Algorithm::kEs256).PublicJwk()->dump(),
                                  TestKey(Algorithm::kRs256).PublicJwk()->dump(),
                                  TestKey(Algorithm::kEdDsa).PublicJwk()->dump(),
                                  std::string("{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}")}) {
    EXPECT_FALSE(SigningKey::FromJwk(text).ok()) << text;
  }
  Json sign = *TestKey(Algorithm::kEs256).InsecureSecretJwk();
  sign["key_ops"] = {"sign"};
  EXPECT_TRUE(SigningKey::FromJwk(sign.dump()).ok());
}

TEST(SigningKeyTest, TheAlgorithmMustFitTheKey) {
  Json rsa = *TestKey(Algorithm::kRs256).InsecureSecretJwk();
  EXPECT_FALSE(SigningKey::FromJwk(rsa.dump(), Algorithm::kPs256).ok());
  EXPECT_FALSE(SigningKey::FromJwk(rsa.dump(), Algorithm::kHs256).ok());
  rsa.erase("alg");
  EXPECT_EQ(SigningKey::FromJwk(rsa.dump())->algorithm(), Algorithm::kRs256);
  EXPECT_EQ(SigningKey::FromJwk(rsa.dump(), Algorithm::kPs512)->algorithm(), Algorithm::kPs512);
  EXPECT_FALSE(SigningKey::FromJwk(rsa.dump(), Algorithm::kEs256).ok());
}

TEST(SigningKeyTest, ReadsPem) {
  EXPECT_EQ(SigningKey::FromPem(NewPem("EC", "P-256"), "k")->algorithm(), Algorithm::kEs256);
  EXPECT_EQ(SigningKey::FromPem(NewPem("EC", "P-521"), "k")->algorithm(), Algorithm::kEs512);
  EXPECT_EQ(SigningKey::FromPem(NewPem("ED25519", nullptr), "k")->algorithm(), Algorithm::kEdDsa);
  const auto ed448 = SigningKey::FromPem(NewPem("ED448", nullptr), "k");
  ASSERT_TRUE(ed448.ok()) << ed448.status();
  const auto verifying = VerificationKey::FromJwk(*ed448->PublicJwk());
  ASSERT_TRUE(verifying.ok()) << verifying.status();
  EXPECT_TRUE(verifying->Verify(Algorithm::kEdDsa, "x", *ed448->Sign("x")));
  EXPECT_EQ(ed448->key_id(), "k");
}

TEST(SigningKeyTest, RefusesOtherPem) {
  EXPECT_FALSE(SigningKey::FromPem("", "k").ok());
  EXPECT_FALSE(SigningKey::FromPem(NewPem("EC", "secp256k1"), "k").ok());
  EXPECT_FALSE(SigningKey::FromPem(NewPem("EC", "P-256"), "k", Algorithm::kEs384).ok());
  // Encrypted: refused, and not a question on the terminal.
  EXPECT_FALSE(SigningKey::FromPem(NewPem("EC", "P-256", EVP_aes_256_cbc()), "k").ok());
}

}  // namespace
}  // namespace warden
