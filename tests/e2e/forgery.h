// Makes tokens as forgers do.
#ifndef WARDEN_TESTS_E2E_FORGERY_H_
#define WARDEN_TESTS_E2E_FORGERY_H_

#include <string>

#include "authz/token/signer.h"
#include "nlohmann/json.hpp"

namespace warden::testing {

// What a good token of an administrator claims.
nlohmann::json GoodClaims();

// `header` is merged into the key's own; a null member removes it.
std::string Sign(const SigningKey& key, const nlohmann::json& claims,
                 const nlohmann::json& header = nlohmann::json::object());

// Good claims under the algorithm's name, with an empty signature.
std::string Unsigned(const std::string& algorithm);

// HS256 with the PEM of the key's public half, which everyone knows, as the secret.
std::string KeyedWithPublicKey(const SigningKey& key, const std::string& key_id);

// `token` with the payload of `other`.
std::string Spliced(const std::string& token, const std::string& other);

// `token` with one bit of its signature changed.
std::string SignatureSpoiled(std::string token);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_FORGERY_H_
