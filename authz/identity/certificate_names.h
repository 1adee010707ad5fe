// The names in an X.509 certificate, read so that none can be taken for another.
#ifndef WARDEN_AUTHZ_IDENTITY_CERTIFICATE_NAMES_H_
#define WARDEN_AUTHZ_IDENTITY_CERTIFICATE_NAMES_H_

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace warden {

struct X509Delete {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Ptr = std::unique_ptr<X509, X509Delete>;

// The first certificate in `pem`; null if there is none. Leaves OpenSSL's error queue empty.
X509Ptr ParseLeaf(std::string_view pem);

struct CertificateNames {
  std::vector<std::string> uri_sans, dns_sans;
  std::string common_name;  // "" if there is none or more than one
};
// InvalidArgument: a name is empty, holds a NUL, control or (in a SAN) non-ASCII byte, or is not
// text. DataLoss: the extension cannot be decoded or is there twice. ResourceExhausted: more than
// `max_names`.
absl::StatusOr<CertificateNames> ReadNames(X509* certificate, size_t max_names);

// True unless the certificate may sign certificates or CRLs, or is a CA's. DataLoss if its
// extensions cannot be decoded.
absl::StatusOr<bool> IsLeaf(X509* certificate);

// SHA-256 of the DER, in lower-case hex; "" if OpenSSL fails.
std::string Fingerprint(const X509* certificate);

// notBefore and notAfter; InvalidArgument if one is not a time.
absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_CERTIFICATE_NAMES_H_
