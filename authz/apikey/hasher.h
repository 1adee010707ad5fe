// The keyed hash that is stored in place of an API key.
#ifndef WARDEN_AUTHZ_APIKEY_HASHER_H_
#define WARDEN_AUTHZ_APIKEY_HASHER_H_

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "authz/sync/mutex.h"

using EVP_MAC_CTX = struct evp_mac_ctx_st;

namespace warden {

using ApiKeyHash = std::array<unsigned char, 32>;

// `hmac-sha256:` and 64 lower-case hexadecimal digits, as files have it.
std::string ToString(const ApiKeyHash& hash);
std::optional<ApiKeyHash> ParseApiKeyHash(std::string_view text);

// HMAC-SHA-256 (RFC 2104) with one secret. A key has 256 random bits, so a slow password hash would
// add nothing; the secret keeps who can write the store, but not read the secret, from adding keys.
// Thread-safe: threads share few locks, and hold one only for the hash itself, below 1 µs.
class ApiKeyHasher {
 public:
  static constexpr size_t kMinSecretBytes = 32;
  static constexpr size_t kMaxSecretBytes = 4096;

  // The secret is the file's bytes, exactly, a newline at the end among them. InvalidArgument if
  // they are too few or too many, NotFound and the like if it cannot be read.
  static absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> FromFile(const std::string& path);
  static absl::StatusOr<std::shared_ptr<const ApiKeyHasher>> FromSecret(std::string_view secret);

  ~ApiKeyHasher();
  ApiKeyHasher(const ApiKeyHasher&) = delete;
  ApiKeyHasher& operator=(const ApiKeyHasher&) = delete;

  // Over the whole text of a key, so that a hash counts for its own id only. Nothing if OpenSSL
  // fails.
  std::optional<ApiKeyHash> Hash(std::string_view key) const;

 private:
  // Making a context costs more than the hash, so there are some to take turns with.
  struct alignas(64) Slot {
    Mutex mutex;
    EVP_MAC_CTX* context ABSL_GUARDED_BY(mutex) = nullptr;
  };
  static constexpr size_t kSlots = 16;

  ApiKeyHasher() = default;
  absl::Status Init(std::string_view secret);

  mutable std::array<Slot, kSlots> slots_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_HASHER_H_
