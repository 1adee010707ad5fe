// Signatures in the form of RFC 7518 section 3 and RFC 8037 section 3.1.
#ifndef WARDEN_AUTHZ_TOKEN_SIGNATURE_H_
#define WARDEN_AUTHZ_TOKEN_SIGNATURE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "authz/token/algorithm.h"
#include "openssl/evp.h"

namespace warden {

// Is `signature` the key's over `input`? RSA signatures have the modulus' length, PSS salts the
// hash's length, ECDSA signatures are r||s of exactly twice the curve's length. False as well if
// the key is of another type or curve than the algorithm's. REQUIRES: not a symmetric algorithm.
bool VerifySignature(Algorithm algorithm, EVP_PKEY* key, std::string_view input,
                     std::string_view signature);

// The signature over `input`. REQUIRES: not a symmetric algorithm. Errors: Internal.
absl::StatusOr<std::string> MakeSignature(Algorithm algorithm, EVP_PKEY* key,
                                          std::string_view input);

// In constant time for signatures of the right length. REQUIRES: a symmetric algorithm.
bool VerifyMac(Algorithm algorithm, std::string_view secret, std::string_view input,
               std::string_view signature);

// The HMAC over `input`; "" if OpenSSL fails. REQUIRES: a symmetric algorithm.
std::string MakeMac(Algorithm algorithm, std::string_view secret, std::string_view input);

// What a key of OpenSSL can be used for: by its type and, for an elliptic curve, by the curve.
AlgorithmSet AlgorithmsOf(const EVP_PKEY* key);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_SIGNATURE_H_
