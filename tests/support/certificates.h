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

enum class KeyType { kEcP256, kEd25519, kRsa2048 };

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
  // The last word before signing, for what is odd enough to have no member here.
  std::function<void(X509*)> customize;
};

struct Certificate {
  std::string certificate_pem;
  std::string private_key_pem;  // PKCS #8
};

// A certificate authority with a new key. Its functions end the program on failure of OpenSSL.
// Not thread-safe.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name = "Test CA",
                                KeyType key_type = KeyType::kEcP256);

  // A leaf (or, with is_ca, an intermediate) with a new key, signed by this authority.
  Certificate Issue(const CertificateSpec& spec) const;

  const std::string& certificate_pem() const { return certificate_pem_; }

 private:
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
// Appends one with a value of raw DER bytes.
void AddRawExtension(X509* certificate, int nid, const std::string& der);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_CERTIFICATES_H_
