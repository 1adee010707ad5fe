#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace warden::testing {
namespace {

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "making a test certificate: %s failed\n", what);
  ERR_print_errors_fp(stderr);
  std::abort();
}

EVP_PKEY* MakeKey(KeyType type) {
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::kEcP256:
      key = EVP_EC_gen("P-256");
      break;
    case KeyType::kEd25519:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyType::kEd448:
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
      break;
    case KeyType::kEcP224:
      key = EVP_EC_gen("P-224");
      break;
    case KeyType::kEcP192:
      key = EVP_EC_gen("P-192");
      break;
    case KeyType::kRsa1024:
      key = EVP_RSA_gen(1024);
      break;
    case KeyType::kRsa2048:
      key = EVP_RSA_gen(2048);
      break;
    case KeyType::kRsa3072:
      key = EVP_RSA_gen(3072);
      break;
  }
  Check(key != nullptr, "key generation");
  return key;
}

template <typename Write>
std::string ToPem(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Check(bio != nullptr && write(bio) == 1, "PEM writing");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string CertificatePem(X509* certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string PrivateKeyPem(EVP_PKEY* key) {
  return ToPem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void SetRandomSerial(X509* certificate) {
  unsigned char bytes[16];
  Check(RAND_bytes(bytes, sizeof bytes) == 1, "random serial number");
  bytes[0] &= 0x7f;  // positive, RFC 5280 section 4.1.2.2
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  Check(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr, "serial number");
  BN_free(number);
}

void SetValidity(X509* certificate, absl::Time not_before, absl::Time not_after) {
  const std::time_t begin = absl::ToTimeT(not_before);
  const std::time_t end = absl::ToTimeT(not_after);
  Check(ASN1_TIME_set(X509_getm_notBefore(certificate), begin) != nullptr, "notBefore");
  Check(ASN1_TIME_set(X509_getm_notAfter(certificate), end) != nullptr, "notAfter");
}

void SetCommonName(X509* certificate, const std::string& name) {
  if (name.empty()) return;
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  Check(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                   V_ASN1_UTF8STRING, bytes, static_cast<int>(name.size()), -1,
                                   0) == 1,
        "common name");
}

void AddSan(GENERAL_NAMES* names, int type, const std::string& value) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* string = nullptr;
  if (type == GEN_IPADD) {
    string = a2i_IPADDRESS(value.c_str());
  } else {
    string = ASN1_IA5STRING_new();
    ASN1_STRING_set(string, value.data(), static_cast<int>(value.size()));
  }
  Check(string != nullptr, "subject alternative name");
  GENERAL_NAME_set0_value(name, type, string);
  sk_GENERAL_NAME_push(names, name);
}

void SetSans(X509* certificate, const CertificateSpec& spec) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  for (const std::string& uri : spec.uri_sans) AddSan(names, GEN_URI, uri);
  for (const std::string& dns : spec.dns_sans) AddSan(names, GEN_DNS, dns);
  for (const std::string& ip : spec.ip_sans) AddSan(names, GEN_IPADD, ip);
  if (sk_GENERAL_NAME_num(names) > 0) {
    Check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1, "SANs");
  }
  GENERAL_NAMES_free(names);
}

X509* MakeUnsigned(const CertificateSpec& spec, EVP_PKEY* key) {
  X509* certificate = X509_new();
  Check(certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1, "X509");
  SetRandomSerial(certificate);
  SetValidity(certificate, spec.not_before, spec.not_after);
  SetCommonName(certificate, spec.common_name);
  Check(X509_set_pubkey(certificate, key) == 1, "public key");
  AddExtension(certificate, NID_basic_constraints,
               spec.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!spec.key_usage.empty()) AddExtension(certificate, NID_key_usage, spec.key_usage);
  if (!spec.is_ca && !spec.extended_key_usage.empty()) {
    AddExtension(certificate, NID_ext_key_usage, spec.extended_key_usage);
  }
  SetSans(certificate, spec);
  return certificate;
}

// Ed25519 and Ed448 bring their own digest.
const EVP_MD* DigestFor(const EVP_PKEY* key, const EVP_MD* digest) {
  const int type = EVP_PKEY_get_base_id(key);
  return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? nullptr : digest;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const CertificateSpec& spec) {
  Check(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "issuer name");
  if (spec.customize) spec.customize(certificate);
  Check(X509_sign(certificate, issuer_key, DigestFor(issuer_key, spec.digest)) > 0, "signature");
}

void SetTime(X509_CRL* crl, int (*set)(X509_CRL*, const ASN1_TIME*), absl::Time time) {
  ASN1_TIME* asn1 = ASN1_TIME_set(nullptr, absl::ToTimeT(time));
  Check(asn1 != nullptr && set(crl, asn1) == 1, "a list's time");
  ASN1_TIME_free(asn1);
}

void Revoke(X509_CRL* crl, const std::string& certificate_pem) {
  BIO* bio = BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  Check(certificate != nullptr, "reading a certificate to revoke");
  X509_REVOKED* entry = X509_REVOKED_new();
  ASN1_TIME* now = ASN1_TIME_set(nullptr, absl::ToTimeT(absl::Now()));
  Check(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)) == 1 &&
            X509_REVOKED_set_revocationDate(entry, now) == 1 &&
            X509_CRL_add0_revoked(crl, entry) == 1,
        "revocation");
  ASN1_TIME_free(now);
  X509_free(certificate);
  BIO_free(bio);
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& common_name, KeyType key_type)
    : key_(MakeKey(key_type)) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.is_ca = true;
  spec.key_usage = "critical,keyCertSign,cRLSign";
  spec.not_after = absl::Now() + absl::Hours(24 * 30);
  spec.not_before = absl::Now() - absl::Hours(24 * 30);
  certificate_.reset(MakeUnsigned(spec, key_.get()));
  Sign(certificate_.get(), certificate_.get(), key_.get(), spec);
  certificate_pem_ = CertificatePem(certificate_.get());
}

Certificate CertificateAuthority::Issue(const CertificateSpec& spec) const {
  std::unique_ptr<EVP_PKEY, KeyDelete> key(MakeKey(spec.key_type));
  std::unique_ptr<X509, X509Delete> certificate(MakeUnsigned(spec, key.get()));
  Sign(certificate.get(), certificate_.get(), key_.get(), spec);
  return {CertificatePem(certificate.get()), PrivateKeyPem(key.get())};
}

CertificateAuthority::CertificateAuthority(EVP_PKEY* key, X509* certificate)
    : key_(key), certificate_(certificate), certificate_pem_(CertificatePem(certificate)) {}

CertificateAuthority CertificateAuthority::Intermediate(const std::string& common_name) const {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.is_ca = true;
  spec.key_usage = "critical,keyCertSign,cRLSign";
  EVP_PKEY* key = MakeKey(spec.key_type);
  X509* certificate = MakeUnsigned(spec, key);
  Sign(certificate, certificate_.get(), key_.get(), spec);
  return {key, certificate};
}

std::string CertificateAuthority::Crl(const CrlSpec& spec) const {
  X509_CRL* crl = X509_CRL_new();
  Check(crl != nullptr && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
            X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate_.get())) == 1,
        "X509_CRL");
  SetTime(crl, X509_CRL_set1_lastUpdate, spec.this_update);
  if (spec.next_update != absl::InfiniteFuture()) {
    SetTime(crl, X509_CRL_set1_nextUpdate, spec.next_update);
  }
  for (const std::string& certificate : spec.revoked) Revoke(crl, certificate);
  X509_CRL_sort(crl);
  if (spec.customize) spec.customize(crl);
  Check(X509_CRL_sign(crl, key_.get(), DigestFor(key_.get(), spec.digest)) > 0,
        "a list's signature");
  std::string pem = ToPem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl); });
  X509_CRL_free(crl);
  return pem;
}

void AddExtension(X509_CRL* crl, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  Check(extension != nullptr && X509_CRL_add_ext(crl, extension, -1) == 1, "a list's extension");
  X509_EXTENSION_free(extension);
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

void AddRawExtension(X509* certificate, int nid, const std::string& der) {
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>(der.data()),
                        static_cast<int>(der.size()));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, nid, 0, value);
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "raw extension");
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
}

}  // namespace warden::testing
