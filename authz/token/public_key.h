// Public keys from the numbers that a JWK carries (RFC 7518 section 6, RFC 8037 section 2), with
// the checks of their strength.
#ifndef WARDEN_AUTHZ_TOKEN_PUBLIC_KEY_H_
#define WARDEN_AUTHZ_TOKEN_PUBLIC_KEY_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "authz/token/algorithm.h"
#include "openssl/evp.h"

namespace warden {

// A curve of RFC 7518 section 6.2.1.1.
struct EcCurve {
  std::string_view name;    // "P-256", for JOSE and OpenSSL
  size_t coordinate_bytes;  // 32
  Algorithm algorithm;      // the only one that the curve is for
};

std::optional<EcCurve> FindEcCurve(std::string_view name);

// All of them return FailedPrecondition with what is wrong. Numbers are big-endian octets.

// 2048 to 8192 bits; the exponent odd, 65537 or more (as FIPS 186-5 section 5.1 asks) and at most
// 64 bits; a modulus without small factors and without the fingerprint of ROCA.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeRsaPublicKey(std::string_view n, std::string_view e);

// The coordinates have the curve's full length, and the point is on the curve.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeEcPublicKey(const EcCurve& curve, std::string_view x,
                                                          std::string_view y);

// "Ed25519" or "Ed448". A point of small order, for which anybody can sign, is refused.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> MakeEdPublicKey(std::string_view curve,
                                                          std::string_view x);

// The same checks for a key of whatever origin.
bool HasRocaFingerprint(const BIGNUM* modulus);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_PUBLIC_KEY_H_
