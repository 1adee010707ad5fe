// The text of an API key: `wk_ID.SECRET`.
#ifndef WARDEN_AUTHZ_APIKEY_API_KEY_H_
#define WARDEN_AUTHZ_APIKEY_API_KEY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace warden {

// So that a scanner for leaked credentials finds keys.
inline constexpr std::string_view kApiKeyPrefix = "wk_";
inline constexpr size_t kMinApiKeyIdBytes = 3;
inline constexpr size_t kMaxApiKeyIdBytes = 64;
inline constexpr size_t kApiKeySecretBytes = 43;  // 32 octets in base64url (RFC 4648 section 5)
inline constexpr size_t kMaxApiKeyBytes =
    kApiKeyPrefix.size() + kMaxApiKeyIdBytes + 1 + kApiKeySecretBytes;

// What an id may look like, for error messages.
inline constexpr std::string_view kApiKeyIdGrammar =
    "3 to 64 lower-case letters, digits, `_` and `-`, the first of which is a letter or digit";

bool IsApiKeyId(std::string_view id);

// The id of a text that has exactly the form of a key, as a view of it; nothing otherwise. Work is
// bounded by kMaxApiKeyBytes. Says nothing of whether there is such a key.
std::optional<std::string_view> IdOfApiKey(std::string_view text);

// A key for `id` with 256 random bits. REQUIRES: IsApiKeyId(id). Internal if there is no
// randomness.
absl::StatusOr<std::string> MakeApiKey(std::string_view id);

// An id that nobody has: 16 random letters and digits. Internal if there is no randomness.
absl::StatusOr<std::string> MakeApiKeyId();

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_API_KEY_H_
