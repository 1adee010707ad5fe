// What was valid and is no longer, before its time: one entry of a deny-list.
#ifndef WARDEN_AUTHZ_REVOCATION_REVOCATION_H_
#define WARDEN_AUTHZ_REVOCATION_REVOCATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace warden {

enum class RevocationKind : uint8_t {
  kToken,        // one token, by `jti` (RFC 7519 section 4.1.7) and issuer
  kSubject,      // an issuer's tokens for one `sub` that were issued before a time
  kCertificate,  // a peer's certificate, by the SHA-256 of its DER
  kKey,          // everything an issuer signed with one key, by its `kid`
  kApiKey,       // by the API key's id
};
inline constexpr size_t kRevocationKinds = 5;

// snake_case, for metrics and messages: "token", "subject", "certificate", "key", "api_key".
std::string_view ToString(RevocationKind kind);

// What an entry is about. Kinds with an issuer: token, subject and key.
struct RevocationKey {
  RevocationKind kind = RevocationKind::kToken;
  std::string issuer;  // "" for the other kinds
  std::string id;      // `jti`, `sub`, 64 lower-case hex digits, `kid`, or API key id

  friend bool operator==(const RevocationKey&, const RevocationKey&) = default;
};

struct Revocation {
  RevocationKey key;
  // kSubject: tokens with an `iat` before it are revoked, and those without `iat`.
  absl::Time issued_before = absl::InfiniteFuture();
  absl::Time revoked_at = absl::InfinitePast();
  // The entry has no effect from then on. InfiniteFuture(): until it is lifted.
  absl::Time expires_at = absl::InfiniteFuture();
  std::string reason;  // for operators

  friend bool operator==(const Revocation&, const Revocation&) = default;
};

inline constexpr size_t kMaxRevocationIdBytes = 512;
inline constexpr size_t kMaxRevocationReasonBytes = 256;

// A key in its one normal form: a fingerprint in lower case without colons. InvalidArgument says
// what is wrong with it: no id, an issuer that is missing or out of place, control characters, text
// that is not UTF-8 or too long, a fingerprint that is none.
absl::StatusOr<RevocationKey> NormalKey(RevocationKey key);

// As NormalKey for a whole entry; sets a missing `revoked_at` to `now`, and issued_before of a
// subject likewise.
absl::StatusOr<Revocation> NormalRevocation(Revocation revocation, absl::Time now);

// Makes `kept` the stronger of the two, of one key: the later `issued_before` and `expires_at`.
void Strengthen(Revocation* kept, const Revocation& other);

// One text for a key and back, for stores: "token\nISSUER\nID". Total on keys in normal form.
std::string EncodeKey(const RevocationKey& key);
absl::StatusOr<RevocationKey> DecodeKey(std::string_view text);

}  // namespace warden

#endif  // WARDEN_AUTHZ_REVOCATION_REVOCATION_H_
