#include "authz/identity/crl_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "authz/identity/ca_set.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::AddExtension;
using ::testing::AllOf;
using testing::CertificateAuthority;
using testing::CrlSpec;
using ::testing::HasSubstr;

const CertificateAuthority& Authority() {
  static const auto* authority = new CertificateAuthority("CRL CA");
  return *authority;
}

absl::StatusOr<std::shared_ptr<const CrlSet>> Create(const std::string& bytes,
                                                     const std::string& cas) {
  const auto set = CaSet::FromPem(cas);
  EXPECT_TRUE(set.ok()) << set.status();
  std::vector<X509*> authorities;
  for (const X509Ptr& ca : (*set)->certificates()) authorities.push_back(ca.get());
  return CrlSet::Create({{.name = "a.crl", .bytes = bytes}}, authorities);
}

absl::StatusOr<std::shared_ptr<const CrlSet>> Create(const std::string& bytes) {
  return Create(bytes, Authority().certificate_pem());
}

std::string Error(const CrlSpec& spec) {
  return std::string(Create(Authority().Crl(spec)).status().message());
}

bool Revokes(const CrlSet& set, const std::string& pem) {
  return set.Revokes(ParseLeaf(pem).get());
}

// The DER of a list's PEM.
std::string ToDer(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  const CrlPtr crl(PEM_read_bio_X509_CRL(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  unsigned char* der = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

TEST(CrlSetTest, RevokesByIssuerAndSerialNumber) {
  const std::string bad = Authority().Issue({}).certificate_pem;
  const std::string good = Authority().Issue({}).certificate_pem;
  const std::string pem = Authority().Crl({.revoked = {bad}});
  for (const std::string& bytes : {pem, ToDer(pem)}) {
    const auto set = Create(bytes);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_EQ((*set)->size(), 1u);
    EXPECT_TRUE(Revokes(**set, bad));
    EXPECT_FALSE(Revokes(**set, good));
  }
}

TEST(CrlSetTest, TheSameSerialOfAnotherIssuerIsAnotherCertificate) {
  const std::string bad = Authority().Issue({}).certificate_pem;
  testing::CertificateSpec same_serial;
  same_serial.customize = [&bad](X509* certificate) {
    X509_set_serialNumber(certificate, X509_get_serialNumber(ParseLeaf(bad).get()));
  };
  const auto set = Create(Authority().Crl({.revoked = {bad}}));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_FALSE(Revokes(**set, CertificateAuthority("Other").Issue(same_serial).certificate_pem));
  EXPECT_TRUE(Revokes(**set, Authority().Issue(same_serial).certificate_pem));
}

TEST(CrlSetTest, OneFileMayHoldSeveralLists) {
  const CertificateAuthority other("Other CA");
  const std::string a = Authority().Issue({}).certificate_pem;
  const std::string b = other.Issue({}).certificate_pem;
  const auto set = Create(Authority().Crl({.revoked = {a}}) + other.Crl({.revoked = {b}}),
                          Authority().certificate_pem() + other.certificate_pem());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(Revokes(**set, a));
  EXPECT_TRUE(Revokes(**set, b));
  EXPECT_EQ(CrlSet::Join({*set, *set})->size(), 4u);
}

TEST(CrlSetTest, OnlyTheCaItselfSignsItsList) {
  const CertificateAuthority impostor("CRL CA");  // the name, but not the key
  EXPECT_THAT(std::string(Create(impostor.Crl({})).status().message()),
              HasSubstr("is not signed by the CA"));
  const CertificateAuthority stranger("Stranger");
  EXPECT_THAT(std::string(Create(stranger.Crl({})).status().message()),
              AllOf(HasSubstr("a.crl: "), HasSubstr("client_ca_file")));
  // A leaf of the CA's name has no say either.
  testing::CertificateSpec leaf;
  leaf.common_name = "CRL CA";
  EXPECT_FALSE(
      Create(Authority().Crl({}), CertificateAuthority("x").Issue(leaf).certificate_pem).ok());
}

TEST(CrlSetTest, AChangedListIsRefused) {
  const std::string der =
      ToDer(Authority().Crl({.revoked = {Authority().Issue({}).certificate_pem}}));
  for (size_t i = 0; i < der.size(); ++i) {
    std::string changed = der;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Create(changed).ok()) << i;
  }
  EXPECT_FALSE(Create(der.substr(0, der.size() - 1)).ok());
  EXPECT_FALSE(Create(der + "x").ok());
  for (const char* bad :
       {"", "x", "-----BEGIN X509 CRL-----\n", "-----BEGIN X509 CRL-----\n!!\n"}) {
    EXPECT_FALSE(Create(bad).ok()) << bad;
  }
  EXPECT_FALSE(Create(Authority().certificate_pem()).ok());
}

TEST(CrlSetTest, WhatIsNotACompleteListIsRefused) {
  EXPECT_THAT(
      Error({.customize =
                 [](X509_CRL* c) { AddExtension(c, NID_delta_crl, "critical,DER:020101"); }}),
      HasSubstr("delta CRL"));
  const auto scope = [](const char* value) {
    return Error({.customize = [value](X509_CRL* crl) {
      AddExtension(crl, NID_issuing_distribution_point, value);
    }});
  };
  EXPECT_THAT(scope("critical,indirectCRL:TRUE"), HasSubstr("indirect CRL"));
  EXPECT_THAT(scope("critical,fullname:URI:http://crl.example/part1"), HasSubstr("only a part"));
  EXPECT_THAT(scope("critical,onlysomereasons:keyCompromise"), HasSubstr("only a part"));
  EXPECT_THAT(scope("critical,onlyAA:TRUE"), HasSubstr("only a part"));
  EXPECT_EQ(scope("critical,onlyuser:TRUE"), "");
  EXPECT_EQ(scope("critical,onlyCA:TRUE"), "");
}

TEST(CrlSetTest, UnknownCriticalExtensionsAreRefused) {
  EXPECT_THAT(Error({.customize =
                         [](X509_CRL* c) {
                           AddExtension(c, NID_netscape_comment, "critical,DER:160178");
                         }}),
              HasSubstr("critical extension that is not known"));
  EXPECT_EQ(Error({.customize =
                       [](X509_CRL* c) { AddExtension(c, NID_netscape_comment, "DER:160178"); }}),
            "");
}

TEST(CrlSetTest, WeakDigestsAreRefused) {
  EXPECT_THAT(Error({.digest = EVP_sha1()}), HasSubstr("weak digest"));
  const CertificateAuthority rsa("RSA CA", testing::KeyType::kRsa2048);
  for (const EVP_MD* weak : {EVP_sha1(), EVP_md5()}) {
    const auto set = Create(rsa.Crl({.digest = weak}), rsa.certificate_pem());
    EXPECT_THAT(std::string(set.status().message()), HasSubstr("weak digest"));
  }
  EXPECT_TRUE(Create(rsa.Crl({}), rsa.certificate_pem()).ok());
}

TEST(CrlSetTest, NextUpdateIsRequired) {
  EXPECT_THAT(Error({.next_update = absl::InfiniteFuture()}), HasSubstr("nextUpdate"));
  EXPECT_THAT(Error({.this_update = absl::Now(), .next_update = absl::Now() - absl::Hours(1)}),
              HasSubstr("makes no sense"));
}

TEST(CrlSetTest, CoverageIsToTheSecond) {
  const absl::Time begin = absl::FromUnixSeconds(1'800'000'000);
  const absl::Time end = begin + absl::Seconds(100);
  const auto set = Create(Authority().Crl({.this_update = begin, .next_update = end}));
  ASSERT_TRUE(set.ok()) << set.status();
  const X509Ptr leaf = ParseLeaf(Authority().Issue({}).certificate_pem);
  const auto at = [&](absl::Time now) { return (*set)->CoverageOf(leaf.get(), false, now); };
  const absl::Duration tick = absl::Nanoseconds(1);
  EXPECT_FALSE(at(begin - tick).current);
  EXPECT_EQ(at(begin - tick).until, begin);
  EXPECT_TRUE(at(begin).current);
  EXPECT_EQ(at(begin).from, begin);
  EXPECT_EQ(at(begin).until, end);
  EXPECT_TRUE(at(end - tick).current);
  EXPECT_FALSE(at(end).current);
  EXPECT_EQ(at(end).until, absl::InfiniteFuture());
  EXPECT_EQ((*set)->next_update(), end);
  const X509Ptr foreign = ParseLeaf(CertificateAuthority("Other").Issue({}).certificate_pem);
  EXPECT_FALSE((*set)->CoverageOf(foreign.get(), false, begin).current);
}

TEST(CrlSetTest, AListOfCaCertificatesDoesNotCoverUsers) {
  const auto set = Create(Authority().Crl({.customize = [](X509_CRL* crl) {
    AddExtension(crl, NID_issuing_distribution_point, "critical,onlyCA:TRUE");
  }}));
  ASSERT_TRUE(set.ok()) << set.status();
  const X509Ptr leaf = ParseLeaf(Authority().Issue({}).certificate_pem);
  EXPECT_FALSE((*set)->CoverageOf(leaf.get(), false, absl::Now()).current);
  EXPECT_TRUE((*set)->CoverageOf(leaf.get(), true, absl::Now()).current);
}

}  // namespace
}  // namespace warden
