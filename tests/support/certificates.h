// Certificates made at run time, for tests: no key is ever committed.
#ifndef WARDEN_TESTS_SUPPORT_CERTIFICATES_H_
#define WARDEN_TESTS_SUPPORT_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace warden::testing {

enum class KeyType { kEcP256, kEd25519, kRsa2048, kEd448, kEcP224, kEcP192, kRsa1024, kRsa3072 };

// What a certificate says. The defaults make a TLS client's and server's leaf that is valid now.
struct CertificateSpec {
  std::string common_name;            // no subject name where empty
  std::vector<std::string> uri_sans;  // bytes as they stand, NULs too
  std::vector<std::string> dns_sans;
  std::vector<std::string> ip_sans;  // "127.0.0.1", "::1"
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24);
  KeyType key_type = KeyType::kEcP256;
  bool is_ca = false;
  // keyUsage as OpenSSL's configuration files write it; no such extension where empty.
  std::string key_usage = "critical,digitalSignature";
  // extendedKeyUsage of leaves, likewise.
  std::string extended_key_usage = "serverAuth,clientAuth";
  const EVP_MD* digest = EVP_sha256();  // of the signature, but with Ed25519 and Ed448
  // The last word before signing, for what is odd enough to have no member here.
  std::function<void(X509*)> customize;
};

struct Certificate {
  std::string certificate_pem;
  std::string private_key_pem;  // PKCS #8
};

// What a certificate revocation list says.
struct CrlSpec {
  std::vector<std::string> revoked;  // certificates, in PEM
  absl::Time this_update = absl::Now() - absl::Hours(1);
  absl::Time next_update = absl::Now() + absl::Hours(24);  // none where InfiniteFuture
  const EVP_MD* digest = EVP_sha256();
  std::function<void(X509_CRL*)> customize;  // before signing
};

// A certificate authority with a new key. Its functions end the program on failure of OpenSSL.
// Not thread-safe.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name = "Test CA",
                                KeyType key_type = KeyType::kEcP256);

  // A leaf (or, with is_ca, an intermediate) with a new key, signed by this authority.
  Certificate Issue(const CertificateSpec& spec) const;

  // An authority with a certificate of this one.
  CertificateAuthority Intermediate(const std::string& common_name) const;

  // A revocation list in PEM, signed by this authority.
  std::string Crl(const CrlSpec& spec) const;

  const std::string& certificate_pem() const { return certificate_pem_; }

 private:
  CertificateAuthority(EVP_PKEY* key, X509* certificate);

  struct KeyDelete {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct X509Delete {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };

  std::unique_ptr<EVP_PKEY, KeyDelete> key_;
  std::unique_ptr<X509, X509Delete> certificate_;
  std::string certificate_pem_;
};

// Appends an extension as OpenSSL's configuration files write it: AddExtension(c, NID_key_usage,
// "...").
void AddExtension(X509* certificate, int nid, const std::string& value);
void AddExtension(X509_CRL* crl, int nid, const std::string& value);
// Appends one with a value of raw DER bytes.
void AddRawExtension(X509* certificate, int nid, const std::string& der);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_CERTIFICATES_H_
