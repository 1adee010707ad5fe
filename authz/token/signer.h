// Makes keys and signs tokens: for development, tests and whoever issues tokens.
#ifndef WARDEN_AUTHZ_TOKEN_SIGNER_H_
#define WARDEN_AUTHZ_TOKEN_SIGNER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "authz/token/algorithm.h"
#include "nlohmann/json_fwd.hpp"

using EVP_PKEY = struct evp_pkey_st;

namespace warden {

// A private key, or the secret of an HMAC, for one algorithm. Immutable and thread-safe.
class SigningKey {
 public:
  // A new key. RSA keys have 2048 bits, EdDSA is Ed25519.
  static absl::StatusOr<SigningKey> Generate(Algorithm algorithm, std::string_view key_id);

  // Reads a private JWK, or an `oct` one. The algorithm is `algorithm`, else the JWK's `alg`, else
  // the only one that the key fits, else RS256. Errors: InvalidArgument, never with key material.
  static absl::StatusOr<SigningKey> FromJwk(std::string_view json,
                                            std::optional<Algorithm> algorithm = std::nullopt);

  // Reads an unencrypted private key in PEM (PKCS #8, PKCS #1 or SEC 1).
  static absl::StatusOr<SigningKey> FromPem(std::string_view pem, std::string_view key_id,
                                            std::optional<Algorithm> algorithm = std::nullopt);

  Algorithm algorithm() const { return algorithm_; }
  const std::string& key_id() const { return key_id_; }

  // The compact JWS over the payload. The header gets this key's `alg`, and its `kid` if it has one
  // and the header does not. Errors: Internal if OpenSSL fails.
  absl::StatusOr<std::string> SignCompact(nlohmann::json header, std::string_view payload) const;

  // The signature over the bytes, in the form of RFC 7518 section 3.
  absl::StatusOr<std::string> Sign(std::string_view input) const;

  // The public JWK with `kid`, `alg` and `use`. InvalidArgument for an HMAC secret, which has none.
  absl::StatusOr<nlohmann::json> PublicJwk() const;
  // The JWK with its private members. Keep it secret.
  absl::StatusOr<nlohmann::json> InsecureSecretJwk() const;

 private:
  SigningKey() = default;
  absl::StatusOr<nlohmann::json> Jwk(bool with_private) const;

  Algorithm algorithm_ = Algorithm::kEs256;
  std::string key_id_;
  std::shared_ptr<EVP_PKEY> private_key_;      // null for an HMAC secret
  std::shared_ptr<const std::string> secret_;  // null for a private key; wiped when dropped
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_SIGNER_H_
