// The rules of IdentityVerifier that a configuration adds: who is allowed, and how strong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "absl/time/clock.h"
#include "authz/identity/identity_verifier.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::AddExtension;
using testing::CertificateAuthority;
using testing::CertificateSpec;
using testing::KeyType;

const CertificateAuthority& Authority() {
  static const auto* authority = new CertificateAuthority();
  return *authority;
}

std::vector<SpiffePattern> Spiffe(const std::vector<const char*>& texts) {
  std::vector<SpiffePattern> patterns;
  for (const char* text : texts) patterns.push_back(*SpiffePattern::Parse(text));
  return patterns;
}

std::vector<DnsPattern> Dns(const std::vector<const char*>& texts) {
  std::vector<DnsPattern> patterns;
  for (const char* text : texts) patterns.push_back(*DnsPattern::Parse(text));
  return patterns;
}

IdentityVerifier::Result Verify(const CertificateSpec& spec, IdentityOptions options = {}) {
  const auto verifier = IdentityVerifier::Create(std::move(options));
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return verifier->Verify(Authority().Issue(spec).certificate_pem, absl::Now());
}

void ExpectRefused(const IdentityVerifier::Result& result, IdentityRefusal refusal) {
  EXPECT_EQ(ToString(result.refusal), ToString(refusal)) << result.detail;
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(result.detail.empty());
}

CertificateSpec Named(const std::string& uri, std::vector<std::string> dns = {}) {
  CertificateSpec spec;
  if (!uri.empty()) spec.uri_sans = {uri};
  spec.dns_sans = std::move(dns);
  return spec;
}

TEST(IdentityRulesTest, APeerMustMatchOneOfTheAllowedNames) {
  const IdentityOptions options = {
      .allowed_spiffe_ids = Spiffe({"spiffe://a/orders", "spiffe://a/x/*"}),
      .allowed_dns_names = Dns({"*.a.example"})};
  EXPECT_TRUE(Verify(Named("spiffe://a/orders"), options).ok());
  EXPECT_TRUE(Verify(Named("spiffe://a/x/y"), options).ok());
  EXPECT_TRUE(Verify(Named("", {"db.a.example"}), options).ok());
  EXPECT_TRUE(Verify(Named("spiffe://a/other", {"x", "db.a.example"}), options).ok());
  for (const CertificateSpec& spec :
       {Named("spiffe://a/other"), Named("spiffe://b/orders"), Named("", {"a.example"}), Named(""),
        Named("", {"*.a.example"}), Named("spiffe://a/other", {"db.b.example"})}) {
    ExpectRefused(Verify(spec, options), IdentityRefusal::kNotAllowed);
  }
  CertificateSpec common_name = Named("");
  common_name.common_name = "db.a.example";  // the wrong place
  ExpectRefused(Verify(common_name, options), IdentityRefusal::kNotAllowed);
}

TEST(IdentityRulesTest, AllowedNamesDoNotWidenTrustDomains) {
  const IdentityOptions options = {.trust_domains = {"a"},
                                   .allowed_spiffe_ids = Spiffe({"spiffe://b/**"})};
  ExpectRefused(Verify(Named("spiffe://b/x"), options), IdentityRefusal::kTrustDomain);
}

TEST(IdentityRulesTest, KeysHaveALeastStrength) {
  CertificateSpec spec = Named("spiffe://a/b");
  for (const KeyType weak : {KeyType::kRsa1024, KeyType::kEcP192}) {
    spec.key_type = weak;
    ExpectRefused(Verify(spec), IdentityRefusal::kWeakKey);
  }
  for (const KeyType good : {KeyType::kRsa2048, KeyType::kEcP224, KeyType::kEcP256,
                             KeyType::kEd25519, KeyType::kEd448}) {
    spec.key_type = good;
    EXPECT_TRUE(Verify(spec).ok());
  }
  const IdentityOptions strict = {.certificate = {.min_rsa_bits = 3072}};
  spec.key_type = KeyType::kRsa2048;
  ExpectRefused(Verify(spec, strict), IdentityRefusal::kWeakKey);
  spec.key_type = KeyType::kRsa3072;
  EXPECT_TRUE(Verify(spec, strict).ok());
}

TEST(IdentityRulesTest, SignaturesHaveALeastStrength) {
  CertificateSpec spec = Named("spiffe://a/b");
  const CertificateAuthority rsa("RSA CA", KeyType::kRsa2048);
  const IdentityVerifier verifier = *IdentityVerifier::Create({});
  for (const EVP_MD* weak : {EVP_sha1(), EVP_md5()}) {
    spec.digest = weak;
    ExpectRefused(verifier.Verify(rsa.Issue(spec).certificate_pem, absl::Now()),
                  IdentityRefusal::kWeakSignature);
  }
  spec.digest = EVP_sha1();
  ExpectRefused(Verify(spec), IdentityRefusal::kWeakSignature);
  for (const EVP_MD* good : {EVP_sha224(), EVP_sha384()}) {
    spec.digest = good;
    EXPECT_TRUE(Verify(spec).ok());
    EXPECT_TRUE(verifier.Verify(rsa.Issue(spec).certificate_pem, absl::Now()).ok());
  }
}

TEST(IdentityRulesTest, KeyUsageMustFitAClient) {
  CertificateSpec spec = Named("spiffe://a/b");
  for (const char* other : {"serverAuth", "codeSigning", "anyExtendedKeyUsage"}) {
    spec.extended_key_usage = other;
    ExpectRefused(Verify(spec), IdentityRefusal::kNotForClients);
  }
  spec.extended_key_usage = "clientAuth";
  EXPECT_TRUE(Verify(spec).ok());
  spec.extended_key_usage = "";
  EXPECT_TRUE(Verify(spec).ok());
  ExpectRefused(Verify(spec, {.certificate = {.require_client_auth = true}}),
                IdentityRefusal::kNotForClients);
}

TEST(IdentityRulesTest, AProxyNeedNotBeAllowedItself) {
  const IdentityOptions options = {.allowed_spiffe_ids = Spiffe({"spiffe://a/orders"}),
                                   .proxies = Spiffe({"spiffe://a/proxy", "spiffe://a/orders"})};
  const auto proxy = Verify(Named("spiffe://a/proxy"), options);
  ExpectRefused(proxy, IdentityRefusal::kNotAllowed);
  ASSERT_NE(proxy.proxy, nullptr);
  EXPECT_EQ(proxy.proxy->spiffe_id, "spiffe://a/proxy");
  const auto both = Verify(Named("spiffe://a/orders"), options);
  EXPECT_TRUE(both.ok());
  EXPECT_EQ(both.proxy, both.peer);
  EXPECT_EQ(Verify(Named("spiffe://a/other"), options).proxy, nullptr);
  // Nobody is a proxy by a bad certificate.
  CertificateSpec weak = Named("spiffe://a/proxy");
  weak.digest = EVP_sha1();
  EXPECT_EQ(Verify(weak, options).proxy, nullptr);
  CertificateSpec expired = Named("spiffe://a/proxy");
  expired.not_after = absl::Now() - absl::Minutes(1);
  EXPECT_EQ(Verify(expired, options).proxy, nullptr);
}

TEST(IdentityRulesTest, RequiredListsMustBeThere) {
  EXPECT_FALSE(IdentityVerifier::Create({.require_crl = true}).ok());
}

}  // namespace
}  // namespace warden
