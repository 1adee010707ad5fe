// Private keys of OpenSSL from and to the numbers of a JWK (RFC 7518 section 6, RFC 8037 section
// 2).
#ifndef WARDEN_AUTHZ_TOKEN_PRIVATE_KEY_H_
#define WARDEN_AUTHZ_TOKEN_PRIVATE_KEY_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "openssl/evp.h"

namespace warden {

// Errors: InvalidArgument, never with key material.
absl::StatusOr<std::shared_ptr<EVP_PKEY>> PrivateKeyFromJwk(const nlohmann::json& jwk);
absl::StatusOr<std::shared_ptr<EVP_PKEY>> PrivateKeyFromPem(std::string_view pem);

// `kty`, `crv` and the numbers. Errors: InvalidArgument for a key that JOSE has no form for.
absl::StatusOr<nlohmann::json> JwkFromKey(const EVP_PKEY* key, bool with_private);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_PRIVATE_KEY_H_
