// Whether a certificate's key and signature are strong enough, and whether it is for TLS clients.
#ifndef WARDEN_AUTHZ_IDENTITY_CERTIFICATE_STRENGTH_H_
#define WARDEN_AUTHZ_IDENTITY_CERTIFICATE_STRENGTH_H_

#include <openssl/x509.h>

#include <string>

namespace warden {

inline constexpr int kLeastRsaBits = 2048;
inline constexpr int kLeastEcBits = 224;  // both: 112 bits of security, NIST SP 800-57 part 1

// Each returns what is wrong, for the operator; "" where nothing is. Thread-safe; they leave
// OpenSSL's error queue empty.

// RSA keys of fewer than `min_rsa_bits`, elliptic curves below kLeastEcBits or not named (RFC 5480
// section 2.1.1), and keys of other kinds than RSA, EC, Ed25519 and Ed448.
std::string WeaknessOfKey(const X509* certificate, int min_rsa_bits);

// A signature with a digest of less than 112 bits of security: MD5, SHA-1.
std::string WeaknessOfSignature(X509* certificate);

// An extended key usage without id-kp-clientAuth (RFC 5280 section 4.2.1.12); where `required`,
// also none at all.
std::string NotForClients(X509* certificate, bool required);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_CERTIFICATE_STRENGTH_H_
