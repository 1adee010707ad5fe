// One key that verifies signatures, read from a JSON Web Key (RFC 7517).
#ifndef WARDEN_AUTHZ_TOKEN_JWK_H_
#define WARDEN_AUTHZ_TOKEN_JWK_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "authz/token/algorithm.h"
#include "nlohmann/json_fwd.hpp"

using EVP_PKEY = struct evp_pkey_st;

namespace warden {

// The SHA-256 of a key's own numbers, without `kid` and `alg`: two keys with one identity are the
// same key.
using KeyIdentity = std::array<uint8_t, 32>;

// A public key, or the secret of an HMAC, bound to the algorithms that its JWK permits. Immutable
// and thread-safe; copies share the key. Never prints its material.
class VerificationKey {
 public:
  // Reads a JWK. The key is bound by `kty`, `crv`, `alg`, `use` and `key_ops`, and its strength is
  // checked: RSA of 2048 to 8192 bits with an odd exponent of at least 65537 and without the ROCA
  // weakness (CVE-2017-15361), curve points on their curve and not of small order, HMAC secrets at
  // least as long as the hash (RFC 7518 section 3.2). Members that it does not know are ignored.
  // Private members (`d`, ...) are ignored as well: see HasPrivateMembers.
  //
  // Errors: FailedPrecondition, saying what is wrong with the key and never its material.
  static absl::StatusOr<VerificationKey> FromJwk(const nlohmann::json& jwk);

  // Is the signature over `input` this key's? False if the key is not for the algorithm.
  bool Verify(Algorithm algorithm, std::string_view input, std::string_view signature) const;

  const std::optional<std::string>& key_id() const { return key_id_; }
  AlgorithmSet algorithms() const { return algorithms_; }  // never empty
  bool symmetric() const { return public_key_ == nullptr; }

  // The JWK thumbprint of RFC 7638 with SHA-256. That of a secret must not be shown (section 7).
  const KeyIdentity& identity() const { return identity_; }
  // The strength in the key's own measure: an RSA modulus, a curve, a secret.
  int bits() const { return bits_; }

 private:
  VerificationKey() = default;

  std::optional<std::string> key_id_;
  AlgorithmSet algorithms_;
  KeyIdentity identity_{};
  int bits_ = 0;
  std::shared_ptr<EVP_PKEY> public_key_;       // null for an HMAC secret
  std::shared_ptr<const std::string> secret_;  // null for a public key; wiped when dropped
};

// Does the JWK carry the private part of an asymmetric key (RFC 7518 sections 6.2.2 and 6.3.2,
// RFC 8037 section 2)?
bool HasPrivateMembers(const nlohmann::json& jwk);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_JWK_H_
