#include "authz/identity/identity_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::AddExtension;
using testing::AddRawExtension;
using testing::CertificateAuthority;
using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KeyType;
using ::testing::MatchesRegex;

const CertificateAuthority& Authority() {
  static const auto* authority = new CertificateAuthority();
  return *authority;
}

std::string Pem(const CertificateSpec& spec) { return Authority().Issue(spec).certificate_pem; }

CertificateSpec WithUris(std::vector<std::string> uris) {
  CertificateSpec spec;
  spec.uri_sans = std::move(uris);
  return spec;
}

IdentityVerifier Verifier(IdentityOptions options = {}) {
  auto verifier = IdentityVerifier::Create(std::move(options));
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return *std::move(verifier);
}

IdentityVerifier::Result Verify(const CertificateSpec& spec, IdentityOptions options = {}) {
  return Verifier(std::move(options)).Verify(Pem(spec), absl::Now());
}

void ExpectRefused(const IdentityVerifier::Result& result, IdentityRefusal refusal) {
  EXPECT_EQ(ToString(result.refusal), ToString(refusal)) << result.detail;
  EXPECT_EQ(result.peer, nullptr);
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(result.detail.empty());
}

TEST(IdentityVerifierTest, FillsThePeer) {
  CertificateSpec spec = WithUris({"spiffe://shop.example/orders"});
  spec.common_name = "Orders s\xc3\xa9rvice";
  spec.dns_sans = {"orders.shop.example", "orders"};
  spec.ip_sans = {"127.0.0.1"};
  const auto result = Verify(spec, {.trust_domains = {"shop.example"}});
  ASSERT_TRUE(result.ok()) << result.detail;
  EXPECT_EQ(result.refusal, IdentityRefusal::kNone);
  const Peer& peer = *result.peer;
  EXPECT_EQ(peer.spiffe_id, "spiffe://shop.example/orders");
  EXPECT_EQ(peer.trust_domain, "shop.example");
  EXPECT_THAT(peer.uri_sans, ElementsAre("spiffe://shop.example/orders"));
  EXPECT_THAT(peer.dns_sans, ElementsAre("orders.shop.example", "orders"));
  EXPECT_EQ(peer.common_name, "Orders s\xc3\xa9rvice");
  EXPECT_THAT(peer.certificate_sha256, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(peer.certificate_sha256.size(), 64u);
  EXPECT_EQ(absl::ToUnixSeconds(peer.not_after), absl::ToUnixSeconds(spec.not_after));
  EXPECT_EQ(absl::ToUnixSeconds(peer.not_before), absl::ToUnixSeconds(spec.not_before));
  EXPECT_TRUE(peer.has_certificate());
}

TEST(IdentityVerifierTest, ReadsEveryKeyType) {
  for (KeyType type : {KeyType::kEcP256, KeyType::kEd25519, KeyType::kRsa2048}) {
    CertificateSpec spec = WithUris({"spiffe://a/b"});
    spec.key_type = type;
    EXPECT_TRUE(Verify(spec).ok());
  }
}

TEST(IdentityVerifierTest, NameIsTheMostSpecificThereIs) {
  CertificateSpec spec;
  const auto bare = Verify(spec);
  ASSERT_TRUE(bare.ok()) << bare.detail;
  EXPECT_EQ(bare.peer->name(), bare.peer->certificate_sha256);
  spec.common_name = "cn";
  EXPECT_EQ(Verify(spec).peer->name(), "cn");
  spec.dns_sans = {"first.example", "second.example"};
  EXPECT_EQ(Verify(spec).peer->name(), "first.example");
  spec.uri_sans = {"https://not-an-identity.example/x"};
  EXPECT_EQ(Verify(spec).peer->name(), "first.example");
  spec.uri_sans = {"spiffe://a/b"};
  EXPECT_EQ(Verify(spec).peer->name(), "spiffe://a/b");
  EXPECT_EQ(Peer().name(), "");
  EXPECT_FALSE(Peer().has_certificate());
}

// The fingerprint of the DER, computed here from the PEM's base64 alone.
TEST(IdentityVerifierTest, FingerprintIsOfTheDer) {
  const std::string pem = Pem(WithUris({"spiffe://a/b"}));
  std::string base64 = pem.substr(pem.find('\n') + 1);
  base64.resize(base64.find("-----"));
  std::erase(base64, '\n');
  std::vector<unsigned char> der(base64.size());
  int size = EVP_DecodeBlock(der.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                             static_cast<int>(base64.size()));
  while (base64.ends_with('=')) {
    --size;
    base64.pop_back();
  }
  unsigned char digest[32];
  ASSERT_EQ(
      EVP_Digest(der.data(), static_cast<size_t>(size), digest, nullptr, EVP_sha256(), nullptr), 1);
  std::string hex;
  for (unsigned char byte : digest) absl::StrAppend(&hex, absl::Hex(byte, absl::kZeroPad2));
  EXPECT_EQ(Verifier().Verify(pem, absl::Now()).peer->certificate_sha256, hex);
}

TEST(IdentityVerifierTest, OnlyTheFirstCertificateCounts) {
  const std::string leaf = Pem(WithUris({"spiffe://a/leaf"}));
  const std::string other = Pem(WithUris({"spiffe://a/other"}));
  const auto result = Verifier().Verify(leaf + other + Authority().certificate_pem(), absl::Now());
  ASSERT_TRUE(result.ok()) << result.detail;
  EXPECT_EQ(result.peer->spiffe_id, "spiffe://a/leaf");
  ExpectRefused(Verifier().Verify(Authority().certificate_pem() + leaf, absl::Now()),
                IdentityRefusal::kNotALeaf);
}

TEST(IdentityVerifierTest, UnreadableBytesAreRefused) {
  const IdentityVerifier verifier = Verifier();
  const std::string good = Pem(WithUris({"spiffe://a/b"}));
  ExpectRefused(verifier.Verify("", absl::Now()), IdentityRefusal::kNoCertificate);
  std::string flipped = good;
  flipped[40] = flipped[40] == 'A' ? 'B' : 'A';  // within the DER's first lengths and tags
  const std::vector<std::string> unreadable = {
      "x",
      "\n",
      std::string(100, '\0'),
      "-----BEGIN CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
      good.substr(0, good.size() / 2),
      flipped,
      Authority().Issue({}).private_key_pem,
      good + std::string(IdentityVerifier::kMaxPemBytes, ' ')};
  for (const std::string& pem : unreadable) {
    ExpectRefused(verifier.Verify(pem, absl::Now()), IdentityRefusal::kUnreadable);
  }
}

// Not one of the one-byte corruptions may crash, or yield an identity that was not signed for.
TEST(IdentityVerifierTest, CorruptedCertificatesNeverGainAnIdentity) {
  const IdentityVerifier verifier = Verifier({.trust_domains = {"good.example"}});
  const std::string pem = Pem(WithUris({"spiffe://evil.example/b"}));
  for (size_t i = 0; i < pem.size(); ++i) {
    for (char change : {'\0', 'A', '/', '\n'}) {
      std::string corrupted = pem;
      corrupted[i] = change;
      EXPECT_FALSE(verifier.Verify(corrupted, absl::Now()).ok()) << i;
    }
  }
}

TEST(IdentityVerifierTest, SeveralUriSansWithASpiffeIdAreRefused) {
  ExpectRefused(Verify(WithUris({"spiffe://a/b", "spiffe://a/c"})),
                IdentityRefusal::kMultipleUriSans);
  ExpectRefused(Verify(WithUris({"spiffe://a/b", "spiffe://a/b"})),
                IdentityRefusal::kMultipleUriSans);
  ExpectRefused(Verify(WithUris({"spiffe://a/b", "https://x"})), IdentityRefusal::kMultipleUriSans);
  ExpectRefused(Verify(WithUris({"https://x", "SPIFFE://a/b"})), IdentityRefusal::kMultipleUriSans);
  EXPECT_TRUE(Verify(WithUris({"https://x", "https://y"})).ok());
}

TEST(IdentityVerifierTest, MalformedSpiffeIdsAreRefused) {
  for (const char* uri : {"spiffe://", "spiffe://a", "spiffe://a/", "spiffe:///b", "SPIFFE://a/b",
                          "spiffe://A/b", "spiffe://a/b/../c", "spiffe://a:443/b", "spiffe://u@a/b",
                          "spiffe://a/b?c", "spiffe://a/b#c", "spiffe://a/%62", "spiffe:a"}) {
    ExpectRefused(Verify(WithUris({uri})), IdentityRefusal::kBadSpiffeId);
  }
  const std::string too_long = "spiffe://a/" + std::string(2048, 'x');
  ExpectRefused(Verify(WithUris({too_long})), IdentityRefusal::kBadSpiffeId);
}

TEST(IdentityVerifierTest, TrustDomainsAreComparedExactly) {
  const IdentityOptions options = {.trust_domains = {"shop.example", "a.example"}};
  EXPECT_TRUE(Verify(WithUris({"spiffe://shop.example/x"}), options).ok());
  EXPECT_TRUE(Verify(WithUris({"spiffe://a.example/x"}), options).ok());
  for (const char* uri : {"spiffe://shop.example.evil/x", "spiffe://evil.shop.example/x",
                          "spiffe://hop.example/x", "spiffe://shop.exampl/x", "spiffe://shop/x",
                          "spiffe://evil/shop.example", "spiffe://shop.example./x"}) {
    ExpectRefused(Verify(WithUris({uri}), options), IdentityRefusal::kTrustDomain);
  }
}

TEST(IdentityVerifierTest, SpiffeIdCanBeRequired) {
  CertificateSpec spec;
  spec.common_name = "spiffe://shop.example/orders";  // the wrong place
  spec.dns_sans = {"shop.example"};
  EXPECT_TRUE(Verify(spec).ok());
  EXPECT_EQ(Verify(spec).peer->spiffe_id, "");
  ExpectRefused(Verify(spec, {.require_spiffe_id = true}), IdentityRefusal::kNoSpiffeId);
  ExpectRefused(Verify(spec, {.trust_domains = {"shop.example"}}), IdentityRefusal::kNoSpiffeId);
}

TEST(IdentityVerifierTest, MalformedNamesAreRefused) {
  using namespace std::string_literals;
  for (const std::string& bad :
       {"spiffe://a/b\0.evil"s, "spiffe://a/b\0"s, "\0"s, ""s, "spiffe://a/b\n"s,
        "spiffe://a/\x1b[2J"s, "spiffe://a/\xc3\xb6"s, "https://a b"s, "https://a\x7f"s}) {
    ExpectRefused(Verify(WithUris({bad})), IdentityRefusal::kMalformedName);
  }
  for (const std::string& bad : {"good.example\0.evil"s, ""s, "a\rb"s, "a b"s, "\xff"s}) {
    CertificateSpec spec = WithUris({"spiffe://a/b"});
    spec.dns_sans = {"fine.example", bad};
    ExpectRefused(Verify(spec), IdentityRefusal::kMalformedName);
  }
  for (const std::string& bad : {"admin\0x"s, "a\nb"s, "a\x7f"s, "a\xc2\x9b"s}) {
    CertificateSpec spec = WithUris({"spiffe://a/b"});
    spec.common_name = bad;
    ExpectRefused(Verify(spec), IdentityRefusal::kMalformedName);
  }
}

// A BIT STRING where a text belongs.
TEST(IdentityVerifierTest, CommonNameThatIsNotTextIsRefused) {
  CertificateSpec spec;
  spec.customize = [](X509* certificate) {
    X509_NAME_ENTRY* entry = X509_NAME_ENTRY_create_by_NID(
        nullptr, NID_commonName, MBSTRING_ASC, reinterpret_cast<const unsigned char*>("admin"), 5);
    X509_NAME_ENTRY_get_data(entry)->type = V_ASN1_BIT_STRING;
    ASSERT_EQ(X509_NAME_add_entry(X509_get_subject_name(certificate), entry, -1, 0), 1);
    X509_NAME_ENTRY_free(entry);
  };
  ExpectRefused(Verify(spec), IdentityRefusal::kMalformedName);
}

TEST(IdentityVerifierTest, OfSeveralCommonNamesNoneIsTaken) {
  CertificateSpec spec;
  spec.common_name = "alice";
  spec.customize = [](X509* certificate) {
    ASSERT_EQ(
        X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("admin"), 5, -1, 0),
        1);
  };
  const auto result = Verify(spec);
  ASSERT_TRUE(result.ok()) << result.detail;
  EXPECT_EQ(result.peer->common_name, "");
}

TEST(IdentityVerifierTest, NumberOfNamesIsBounded) {
  CertificateSpec spec;
  for (size_t i = 0; i < IdentityVerifier::kMaxNames; ++i) {
    spec.dns_sans.push_back(absl::StrCat("n", i));
  }
  EXPECT_TRUE(Verify(spec).ok());
  spec.dns_sans.push_back("one.more");
  ExpectRefused(Verify(spec), IdentityRefusal::kMalformedName);
}

TEST(IdentityVerifierTest, BrokenOrDoubledExtensionsAreRefused) {
  CertificateSpec broken = WithUris({});
  broken.customize = [](X509* c) { AddRawExtension(c, NID_subject_alt_name, "\x30\x05garbage"); };
  ExpectRefused(Verify(broken), IdentityRefusal::kUnreadable);
  CertificateSpec doubled = WithUris({"spiffe://a/b"});
  doubled.customize = [](X509* c) { AddExtension(c, NID_subject_alt_name, "URI:spiffe://a/c"); };
  ExpectRefused(Verify(doubled), IdentityRefusal::kUnreadable);
  CertificateSpec usage = WithUris({"spiffe://a/b"});
  usage.key_usage = "";
  usage.customize = [](X509* c) { AddRawExtension(c, NID_key_usage, "\xff\xff\xff"); };
  ExpectRefused(Verify(usage), IdentityRefusal::kUnreadable);
}

TEST(IdentityVerifierTest, CertificatesThatMaySignAreNoLeaves) {
  CertificateSpec ca = WithUris({"spiffe://a/b"});
  ca.is_ca = true;
  ExpectRefused(Verify(ca), IdentityRefusal::kNotALeaf);
  for (const char* usage :
       {"keyCertSign", "digitalSignature,cRLSign", "digitalSignature,keyCertSign"}) {
    CertificateSpec spec = WithUris({"spiffe://a/b"});
    spec.key_usage = usage;
    ExpectRefused(Verify(spec), IdentityRefusal::kNotALeaf);
  }
  CertificateSpec without = WithUris({"spiffe://a/b"});
  without.key_usage = "";
  EXPECT_TRUE(Verify(without).ok());
}

TEST(IdentityVerifierTest, ValidityIsJudgedToTheSecond) {
  CertificateSpec spec = WithUris({"spiffe://a/b"});
  spec.not_before = absl::FromUnixSeconds(1'700'000'000);
  spec.not_after = absl::FromUnixSeconds(1'700'000'100);
  const IdentityVerifier verifier = Verifier();
  const std::string pem = Pem(spec);
  const absl::Duration tick = absl::Nanoseconds(1);
  ExpectRefused(verifier.Verify(pem, spec.not_before - tick), IdentityRefusal::kNotYetValid);
  EXPECT_TRUE(verifier.Verify(pem, spec.not_before).ok());
  EXPECT_TRUE(verifier.Verify(pem, spec.not_after).ok());
  EXPECT_TRUE(verifier.Verify(pem, spec.not_after + absl::Seconds(1) - tick).ok());
  const auto expired = verifier.Verify(pem, spec.not_after + absl::Seconds(1));
  ExpectRefused(expired, IdentityRefusal::kExpired);
  EXPECT_THAT(expired.detail, HasSubstr("2023-11-14"));
  ExpectRefused(verifier.Verify(pem, absl::InfiniteFuture()), IdentityRefusal::kExpired);
  ExpectRefused(verifier.Verify(pem, absl::InfinitePast()), IdentityRefusal::kNotYetValid);
}

TEST(IdentityVerifierTest, DetailsAreEscapedAndBounded) {
  const auto result = Verify(WithUris({"spiffe://a/\"" + std::string(1000, 'q')}));
  EXPECT_EQ(result.refusal, IdentityRefusal::kBadSpiffeId);
  EXPECT_THAT(result.detail, HasSubstr("\\\""));
  EXPECT_LT(result.detail.size(), 500u);
}

TEST(IdentityVerifierTest, BadTrustDomainsAreAllListed) {
  const auto verifier = IdentityVerifier::Create(
      {.trust_domains = {"ok.example", "Bad.example", "", "ok.example", "a/b"}});
  ASSERT_FALSE(verifier.ok());
  EXPECT_EQ(verifier.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(verifier.status().message());
  EXPECT_THAT(message, HasSubstr("\"Bad.example\": "));
  EXPECT_THAT(message, HasSubstr("\"\": the trust domain is empty"));
  EXPECT_THAT(message, HasSubstr("\"ok.example\": stands twice"));
  EXPECT_THAT(message, HasSubstr("\"a/b\": "));
}

TEST(IdentityVerifierTest, RefusalNamesAreDistinct) {
  std::set<std::string_view> names;
  for (int i = 0; i < kIdentityRefusalCount; ++i) {
    const std::string_view name = ToString(static_cast<IdentityRefusal>(i));
    EXPECT_THAT(std::string(name), MatchesRegex("[a-z_]+"));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace warden
