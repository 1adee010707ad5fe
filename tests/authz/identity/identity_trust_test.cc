// Chains, trust bundles and revocation, as IdentityVerifier and PeerCache apply them.
#include "authz/identity/identity_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/time/clock.h"
#include "authz/identity/peer_cache.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::CertificateAuthority;
using testing::CertificateSpec;
using testing::CrlSpec;

const CertificateAuthority& CaA() {
  static const auto* authority = new CertificateAuthority("CA a");
  return *authority;
}
const CertificateAuthority& CaB() {
  static const auto* authority = new CertificateAuthority("CA b");
  return *authority;
}

class Chain final : public ChainSource {
 public:
  explicit Chain(std::string pem) : pem_(std::move(pem)) {}
  std::string_view ReadChain() const override {
    ++reads;
    return pem_;
  }
  mutable int reads = 0;

 private:
  const std::string pem_;
};

CertificateSpec Named(const std::string& uri) {
  CertificateSpec spec;
  if (!uri.empty()) spec.uri_sans = {uri};
  return spec;
}

std::shared_ptr<const CaSet> Cas(const std::string& pem) { return *CaSet::FromPem(pem); }

// Trust in CA a and CA b, with lists of them.
IdentityTrust WithCrls(const std::vector<std::string>& crls) {
  IdentityTrust trust;
  trust.client_cas = Cas(CaA().certificate_pem() + CaB().certificate_pem());
  trust.intermediates = std::make_shared<IntermediatePool>();
  std::vector<X509*> authorities;
  for (const X509Ptr& ca : trust.client_cas->certificates()) authorities.push_back(ca.get());
  std::vector<CrlSet::File> files;
  for (const std::string& crl : crls) files.push_back({"crl", crl});
  const auto set = CrlSet::Create(files, authorities);
  EXPECT_TRUE(set.ok()) << set.status();
  trust.crls = *set;
  return trust;
}

IdentityTrust WithBundles() {
  IdentityTrust trust;
  trust.bundles["a"] = Cas(CaA().certificate_pem());
  trust.bundles["b"] = Cas(CaB().certificate_pem());
  trust.intermediates = std::make_shared<IntermediatePool>();
  return trust;
}

IdentityVerifier Verifier(IdentityTrust trust, IdentityOptions options = {}) {
  return *IdentityVerifier::Create(std::move(options), std::move(trust));
}

void ExpectRefused(const IdentityVerifier::Result& result, IdentityRefusal refusal) {
  EXPECT_EQ(ToString(result.refusal), ToString(refusal)) << result.detail;
  EXPECT_FALSE(result.ok());
}

TEST(IdentityTrustTest, ABundleVouchesForItsOwnTrustDomainOnly) {
  const IdentityVerifier verifier = Verifier(WithBundles());
  const absl::Time now = absl::Now();
  const auto verify = [&](const CertificateAuthority& ca, const char* uri) {
    return verifier.Verify(ca.Issue(Named(uri)).certificate_pem, now);
  };
  EXPECT_TRUE(verify(CaA(), "spiffe://a/x").ok());
  EXPECT_TRUE(verify(CaB(), "spiffe://b/x").ok());
  ExpectRefused(verify(CaB(), "spiffe://a/x"), IdentityRefusal::kUntrustedChain);
  ExpectRefused(verify(CaA(), "spiffe://b/x"), IdentityRefusal::kUntrustedChain);
  ExpectRefused(verify(CaA(), "spiffe://c/x"), IdentityRefusal::kTrustDomain);
  // The same name is not the same CA.
  ExpectRefused(verify(CertificateAuthority("CA a"), "spiffe://a/x"),
                IdentityRefusal::kUntrustedChain);
  // TLS alone judges those without a SPIFFE ID.
  EXPECT_TRUE(verify(CaA(), "").ok());
}

TEST(IdentityTrustTest, IntermediatesLeadToTheBundle) {
  const CertificateAuthority intermediate = CaA().Intermediate("Intermediate");
  const CertificateAuthority deeper = intermediate.Intermediate("Deeper");
  const std::string leaf = deeper.Issue(Named("spiffe://a/x")).certificate_pem;
  const absl::Time now = absl::Now();
  const Chain whole(deeper.certificate_pem() + intermediate.certificate_pem());
  const Chain broken(deeper.certificate_pem());
  const Chain foreign(CaB().Intermediate("Intermediate").certificate_pem());
  const Chain garbage("-----BEGIN CERTIFICATE-----\n!!\n");
  for (const Chain* bad : {&broken, &foreign, &garbage}) {
    ExpectRefused(Verifier(WithBundles()).Verify(leaf, now, bad), IdentityRefusal::kUntrustedChain);
  }
  const IdentityVerifier verifier = Verifier(WithBundles());
  ExpectRefused(verifier.Verify(leaf, now), IdentityRefusal::kUntrustedChain);
  EXPECT_TRUE(verifier.Verify(leaf, now, &whole).ok());
  // A resumed session shows no chain; what was once good completes it.
  EXPECT_TRUE(verifier.Verify(leaf, now).ok());
  ExpectRefused(Verifier(WithBundles()).Verify(leaf, now), IdentityRefusal::kUntrustedChain);
}

TEST(IdentityTrustTest, ALeafSignsNobody) {
  // An impostor who has a good certificate "issues" one with it.
  const testing::Certificate evil = CaA().Issue(Named("spiffe://a/evil"));
  const CertificateAuthority fake("Fake");
  const Chain chain(fake.certificate_pem() + evil.certificate_pem);
  ExpectRefused(
      Verifier(WithBundles())
          .Verify(fake.Issue(Named("spiffe://a/admin")).certificate_pem, absl::Now(), &chain),
      IdentityRefusal::kUntrustedChain);
}

TEST(IdentityTrustTest, RevokedLeavesAndIntermediatesAreRefused) {
  const CertificateAuthority intermediate = CaA().Intermediate("Intermediate");
  const std::string below = intermediate.Issue(Named("spiffe://a/x")).certificate_pem;
  const std::string direct = CaA().Issue(Named("spiffe://a/y")).certificate_pem;
  const Chain chain(intermediate.certificate_pem());
  const absl::Time now = absl::Now();
  const IdentityVerifier nothing = Verifier(WithCrls({CaA().Crl({})}));
  EXPECT_TRUE(nothing.Verify(below, now, &chain).ok());
  EXPECT_TRUE(nothing.Verify(direct, now).ok());
  const IdentityVerifier leaf = Verifier(WithCrls({CaA().Crl({.revoked = {direct}})}));
  EXPECT_TRUE(leaf.Verify(below, now, &chain).ok());
  ExpectRefused(leaf.Verify(direct, now), IdentityRefusal::kRevoked);
  const IdentityVerifier above =
      Verifier(WithCrls({CaA().Crl({.revoked = {intermediate.certificate_pem()}})}));
  ExpectRefused(above.Verify(below, now, &chain), IdentityRefusal::kRevoked);
  EXPECT_TRUE(above.Verify(direct, now).ok());
}

TEST(IdentityTrustTest, AnOldListStillRevokes) {
  const std::string pem = CaA().Issue(Named("spiffe://a/x")).certificate_pem;
  const std::string other = CaA().Issue(Named("spiffe://a/y")).certificate_pem;
  const IdentityVerifier verifier = Verifier(
      WithCrls({CaA().Crl({.revoked = {pem}, .next_update = absl::Now() - absl::Minutes(1)})}));
  ExpectRefused(verifier.Verify(pem, absl::Now()), IdentityRefusal::kRevoked);
  EXPECT_TRUE(verifier.Verify(other, absl::Now()).ok());
}

TEST(IdentityTrustTest, RequiredListsMustBeCurrentAndOfTheIssuer) {
  CrlSpec spec;
  spec.this_update = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  spec.next_update = spec.this_update + absl::Minutes(10);
  const IdentityVerifier verifier = Verifier(WithCrls({CaA().Crl(spec)}), {.require_crl = true});
  const std::string a = CaA().Issue(Named("spiffe://a/x")).certificate_pem;
  const std::string b = CaB().Issue(Named("spiffe://b/x")).certificate_pem;
  const absl::Duration tick = absl::Nanoseconds(1);
  EXPECT_TRUE(verifier.Verify(a, spec.this_update).ok());
  EXPECT_TRUE(verifier.Verify(a, spec.next_update - tick).ok());
  ExpectRefused(verifier.Verify(a, spec.next_update), IdentityRefusal::kRevocationUnknown);
  ExpectRefused(verifier.Verify(a, spec.this_update - tick), IdentityRefusal::kRevocationUnknown);
  ExpectRefused(verifier.Verify(b, spec.this_update), IdentityRefusal::kRevocationUnknown);
}

TEST(IdentityTrustTest, ValidityOfTheLeafIsNamedAsSuch) {
  CertificateSpec spec = Named("spiffe://a/x");
  spec.not_after = absl::Now() - absl::Minutes(1);
  ExpectRefused(Verifier(WithBundles()).Verify(CaA().Issue(spec).certificate_pem, absl::Now()),
                IdentityRefusal::kExpired);
}

class PeerCacheTrustTest : public ::testing::Test {
 protected:
  const std::string pem_ = CaA().Issue(Named("spiffe://a/x")).certificate_pem;
  const std::string other_ = CaA().Issue(Named("spiffe://a/y")).certificate_pem;
};

TEST_F(PeerCacheTrustTest, AReplacedListCountsForWhoIsRemembered) {
  PeerCache cache(Verifier(WithCrls({CaA().Crl({})})), 64);
  const Chain chain("");
  EXPECT_TRUE(cache.Verify(pem_, absl::Now(), &chain).ok());
  EXPECT_TRUE(cache.Verify(pem_, absl::Now(), &chain).ok());
  EXPECT_EQ(chain.reads, 1);
  cache.Replace(cache.verifier().WithTrust(WithCrls({CaA().Crl({.revoked = {pem_}})})));
  ExpectRefused(cache.Verify(pem_, absl::Now(), &chain), IdentityRefusal::kRevoked);
  EXPECT_TRUE(cache.Verify(other_, absl::Now(), &chain).ok());
  cache.Replace(cache.verifier().WithTrust(WithCrls({CaA().Crl({})})));
  EXPECT_TRUE(cache.Verify(pem_, absl::Now(), &chain).ok());
  EXPECT_EQ(cache.size(), 2u);
}

TEST_F(PeerCacheTrustTest, AListThatEndsCountsForWhoIsRemembered) {
  CrlSpec spec;
  spec.this_update = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) - 600);
  spec.next_update = spec.this_update + absl::Minutes(20);
  PeerCache cache(Verifier(WithCrls({CaA().Crl(spec)}), {.require_crl = true}), 64);
  const absl::Time before = spec.next_update - absl::Nanoseconds(1);
  EXPECT_TRUE(cache.Verify(pem_, before).ok());
  ExpectRefused(cache.Verify(pem_, spec.next_update), IdentityRefusal::kRevocationUnknown);
  // The clock may be set back, too.
  EXPECT_TRUE(cache.Verify(pem_, before).ok());
  EXPECT_TRUE(cache.Verify(pem_, spec.this_update + absl::Seconds(1)).ok());
  ExpectRefused(cache.Verify(pem_, spec.this_update - absl::Seconds(1)),
                IdentityRefusal::kRevocationUnknown);
}

TEST_F(PeerCacheTrustTest, AMissingChainIsForgottenSoon) {
  const CertificateAuthority intermediate = CaA().Intermediate("Intermediate");
  const std::string leaf = intermediate.Issue(Named("spiffe://a/x")).certificate_pem;
  PeerCache cache(Verifier(WithBundles()), 64);
  const absl::Time now = absl::Now();
  const Chain chain(intermediate.certificate_pem());
  ExpectRefused(cache.Verify(leaf, now), IdentityRefusal::kUntrustedChain);
  ExpectRefused(cache.Verify(leaf, now, &chain), IdentityRefusal::kUntrustedChain);
  EXPECT_EQ(chain.reads, 0);
  EXPECT_TRUE(cache.Verify(leaf, now + absl::Seconds(5), &chain).ok());
}

TEST_F(PeerCacheTrustTest, WithoutCasNobodyReadsAChain) {
  PeerCache cache(*IdentityVerifier::Create({}), 64);
  const Chain chain("x");
  EXPECT_TRUE(cache.Verify(pem_, absl::Now(), &chain).ok());
  EXPECT_EQ(chain.reads, 0);
}

}  // namespace
}  // namespace warden
