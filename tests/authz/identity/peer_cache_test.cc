#include "authz/identity/peer_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::CertificateAuthority;
using testing::CertificateSpec;

const CertificateAuthority& Authority() {
  static const auto* authority = new CertificateAuthority();
  return *authority;
}

std::string PemFor(const std::string& uri) {
  CertificateSpec spec;
  spec.uri_sans = {uri};
  return Authority().Issue(spec).certificate_pem;
}

IdentityVerifier Verifier() { return *IdentityVerifier::Create({.trust_domains = {"a"}}); }

TEST(PeerCacheTest, AHitIsTheSamePeer) {
  PeerCache cache(Verifier(), 8);
  const std::string pem = PemFor("spiffe://a/b");
  const auto first = cache.Verify(pem, absl::Now());
  const auto second = cache.Verify(pem, absl::Now());
  ASSERT_TRUE(first.ok()) << first.detail;
  EXPECT_EQ(first.peer, second.peer);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(PeerCacheTest, TheKeyIsTheExactBytes) {
  PeerCache cache(Verifier(), 8);
  const std::string pem = PemFor("spiffe://a/b");
  const auto first = cache.Verify(pem, absl::Now());
  const auto other = cache.Verify(pem + "\n", absl::Now());
  ASSERT_TRUE(other.ok());
  EXPECT_NE(first.peer, other.peer);
  EXPECT_FALSE(cache.Verify(pem.substr(0, pem.size() / 2), absl::Now()).ok());
}

TEST(PeerCacheTest, RefusalsAreRemembered) {
  PeerCache cache(Verifier(), 8);
  const std::string pem = PemFor("spiffe://foreign/b");
  for (int i = 0; i < 3; ++i) {
    const auto result = cache.Verify(pem, absl::Now());
    EXPECT_EQ(result.refusal, IdentityRefusal::kTrustDomain);
    EXPECT_FALSE(result.detail.empty());
    EXPECT_EQ(result.peer, nullptr);
  }
  EXPECT_EQ(cache.size(), 1u);
}

TEST(PeerCacheTest, ValidityIsJudgedOnEveryHit) {
  PeerCache cache(Verifier(), 8);
  CertificateSpec spec;
  spec.uri_sans = {"spiffe://a/b"};
  spec.not_before = absl::FromUnixSeconds(1000);
  spec.not_after = absl::FromUnixSeconds(2000);
  const std::string pem = Authority().Issue(spec).certificate_pem;
  // The first look is too early; that must not be what is remembered.
  EXPECT_EQ(cache.Verify(pem, absl::FromUnixSeconds(999)).refusal, IdentityRefusal::kNotYetValid);
  EXPECT_TRUE(cache.Verify(pem, absl::FromUnixSeconds(1000)).ok());
  EXPECT_TRUE(cache.Verify(pem, absl::FromUnixSeconds(2000)).ok());
  const auto expired = cache.Verify(pem, absl::FromUnixSeconds(2001));
  EXPECT_EQ(expired.refusal, IdentityRefusal::kExpired);
  EXPECT_EQ(expired.peer, nullptr);
  EXPECT_TRUE(cache.Verify(pem, absl::FromUnixSeconds(1500)).ok());
}

TEST(PeerCacheTest, SizeIsBoundedAgainstHostilePeers) {
  PeerCache cache(Verifier(), 100);
  for (int i = 0; i < 20'000; ++i) cache.Verify(absl::StrCat("hostile ", i), absl::Now());
  EXPECT_LE(cache.size(), 100u);
  EXPECT_GT(cache.size(), 50u);
}

TEST(PeerCacheTest, LongCertificatesAreNotRemembered) {
  PeerCache cache(Verifier(), 8);
  const std::string pem = PemFor("spiffe://a/b");
  const std::string longest = pem + std::string(PeerCache::kMaxKeyBytes - pem.size(), '\n');
  EXPECT_TRUE(cache.Verify(longest + "\n", absl::Now()).ok());
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_TRUE(cache.Verify(longest, absl::Now()).ok());
  EXPECT_EQ(cache.size(), 1u);
}

TEST(PeerCacheTest, PeersInUseSurviveAFlood) {
  PeerCache cache(Verifier(), 16);
  const std::string pem = PemFor("spiffe://a/b");
  const auto first = cache.Verify(pem, absl::Now());
  for (int i = 0; i < 1000; ++i) {
    cache.Verify(absl::StrCat("hostile ", i), absl::Now());
    ASSERT_EQ(cache.Verify(pem, absl::Now()).peer, first.peer) << i;
  }
}

TEST(PeerCacheTest, ZeroEntriesRememberNothing) {
  PeerCache cache(Verifier(), 0);
  EXPECT_TRUE(cache.Verify(PemFor("spiffe://a/b"), absl::Now()).ok());
  EXPECT_EQ(cache.size(), 0u);
}

TEST(PeerCacheTest, ThreadsSeeTheirOwnPeers) {
  PeerCache cache(Verifier(), 4);  // smaller than the set of peers: evictions race with hits
  std::vector<std::string> pems;
  for (int i = 0; i < 8; ++i) pems.push_back(PemFor(absl::StrCat("spiffe://a/", i)));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 2000; ++i) {
        const size_t at = (i * (t + 1)) % pems.size();
        const auto result = cache.Verify(pems[at], absl::Now());
        if (!result.ok() || result.peer->spiffe_id != absl::StrCat("spiffe://a/", at)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(cache.size(), 4u);
}

}  // namespace
}  // namespace warden
