// The keys that requests may be signed with, and whose requests each may sign.
#ifndef WARDEN_INTERCEPTORS_SIGNING_SIGNING_KEYS_H_
#define WARDEN_INTERCEPTORS_SIGNING_SIGNING_KEYS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/name_pattern.h"
#include "authz/token/jwk.h"

namespace warden {

class Principal;

// One key. Immutable, thread-safe.
struct RequestKey {
  VerificationKey key;
  Algorithm algorithm;  // kHs256 or kEdDsa
  absl::flat_hash_set<std::string> api_keys;
  absl::flat_hash_set<std::string> subjects;
  std::vector<SpiffePattern> peers;
  absl::Time not_before = absl::InfinitePast();
  absl::Time expires = absl::InfiniteFuture();

  bool ValidAt(absl::Time now) const { return now >= not_before && now < expires; }
  // Whether the caller is one whose calls it signs: by its API key, its token's subject, or its
  // peer's SPIFFE ID.
  bool IsOf(const Principal& caller) const;
};

// Immutable, thread-safe.
class SigningKeys {
 public:
  static constexpr size_t kMaxFileBytes = size_t{8} << 20;
  static constexpr size_t kMaxKeys = 100'000;

  // Reads a YAML text of warden.v1.SigningKeys and the files that it names; relative names start
  // from the folder of `path`. InvalidArgument lists every problem as `file:line:col: path: ...`,
  // never with key material.
  static absl::StatusOr<std::shared_ptr<const SigningKeys>> Parse(std::string_view text,
                                                                  const std::string& path);

  // Null where there is none.
  const RequestKey* Find(std::string_view key_id) const;
  size_t size() const { return keys_.size(); }

 private:
  SigningKeys() = default;
  absl::flat_hash_map<std::string, RequestKey> keys_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_SIGNING_KEYS_H_
