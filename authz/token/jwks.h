// The keys of an issuer: a JSON Web Key Set (RFC 7517 section 5).
#ifndef WARDEN_AUTHZ_TOKEN_JWKS_H_
#define WARDEN_AUTHZ_TOKEN_JWKS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "authz/token/jwk.h"

namespace warden {

struct KeySetOptions {
  // A published set that carries private keys has leaked them, so it is refused. Where this is
  // true their public part is used, and the private members are ignored.
  bool insecure_allow_private_members = false;
  // Also take a file that is one JWK instead of a set.
  bool allow_single_key = false;

  size_t max_bytes = size_t{1} << 20;
  size_t max_keys = 256;
};

// Immutable and thread-safe.
class KeySet {
 public:
  // Keys that Warden cannot use are set aside, as RFC 7517 section 5 asks: unknown `kty` or curve,
  // other `use`, missing members, too weak. They stand in skipped(). The set as a whole is refused
  // if
  //  - it is not strict JSON (UTF-8, no duplicate members), or not an object with a list `keys`:
  //    InvalidArgument, with the place;
  //  - no usable key remains, two usable keys have the same `kid`, secrets of HMACs stand among
  //    public keys, or a key carries private members: FailedPrecondition, with every problem.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(std::string_view jwks_json,
                                                             const KeySetOptions& options = {});

  // Also: NotFound or PermissionDenied if the file cannot be read. The path is in every message.
  static absl::StatusOr<std::shared_ptr<const KeySet>> FromFile(const std::string& path,
                                                                const KeySetOptions& options = {});

  // A key that was set aside.
  struct Skipped {
    size_t index = 0;                   // in `keys`
    std::optional<std::string> key_id;  // if it is a string
    std::string reason;
    std::string ToString() const;  // keys[2] (kid "a"): use is "enc"
  };

  absl::Span<const VerificationKey> keys() const { return keys_; }  // never empty
  absl::Span<const Skipped> skipped() const { return skipped_; }

  // The key with that `kid`; null if there is none.
  const VerificationKey* Find(std::string_view key_id) const;
  // The key with that `kid` that was set aside; null if there is none.
  const Skipped* FindSkipped(std::string_view key_id) const;

  // What any of the keys can verify.
  AlgorithmSet algorithms() const;

 private:
  KeySet() = default;

  std::vector<VerificationKey> keys_;
  std::vector<Skipped> skipped_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_JWKS_H_
