// The list of what is revoked, as every call is checked against it.
#ifndef WARDEN_AUTHZ_REVOCATION_REVOCATIONS_H_
#define WARDEN_AUTHZ_REVOCATION_REVOCATIONS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/identity/peer.h"
#include "authz/revocation/revocation.h"
#include "authz/revocation/revocation_table.h"
#include "authz/sync/reader_lock.h"
#include "authz/token/verified_token.h"

namespace warden {

// What a call brought. Members may be null or empty.
struct PresentedCredentials {
  const Peer* peer = nullptr;
  const VerifiedToken* token = nullptr;
  std::string_view api_key_id;
};

enum class RevocationVerdict : uint8_t {
  kNotRevoked,
  kPeerRevoked,
  kTokenRevoked,
  kApiKeyRevoked,
};

// Where entries come from. Each has a list of its own; a credential is revoked if any has it.
enum class RevocationSource : uint8_t {
  kLocal,   // a file, or this process's memory
  kShared,  // a list that several servers share
};
inline constexpr size_t kRevocationSources = 2;

// A change of one entry. `stamp` orders the changes of one key: a change with a lower stamp than
// the entry's is ignored, so that an old copy of a store cannot take anything back.
struct RevocationChange {
  Revocation revocation;  // only the key counts where `lifted`
  bool lifted = false;
  int64_t stamp = 0;
};

// Thread-safe. Check allocates nothing. It costs some nanoseconds while the list is empty, and for
// a token or peer that it has seen since the list changed; otherwise it looks up under a lock that
// threads do not share. Changes wait for the look-ups under way and keep others waiting for some
// ten microseconds at most.
class Revocations {
 public:
  // `max_entries` bounds each source's list.
  explicit Revocations(size_t max_entries);

  // Whether anything of these credentials is revoked at `now`; the peer counts first, then the
  // token. Says nothing of whether the list is up to date.
  RevocationVerdict Check(const PresentedCredentials& credentials, absl::Time now) const;

  // An entry that made Check say so, for the operator. Slower than Check.
  std::optional<Revocation> Explain(const PresentedCredentials& credentials, absl::Time now) const;

  // Grows with every change: who keeps a decision for long (a stream) has to Check again when it
  // has changed. One atomic load. No two lists of a process are ever in the same generation.
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // Applies the changes in order. An entry that is there already becomes the stronger of the two:
  // the later of the times `issued_before` and `expires_at`; only lifting takes something back.
  // Revocations must be in normal form (NormalRevocation). ResourceExhausted where the list is
  // full: the changes before that are in effect.
  absl::Status Apply(RevocationSource source, const std::vector<RevocationChange>& changes);

  // Replaces a source's whole list at once. ResourceExhausted, and nothing changed, where it is too
  // long. Of several revocations with one key the stronger counts.
  absl::Status Replace(RevocationSource source, std::vector<Revocation> revocations);

  // Forgets what has expired; returns how many entries that were.
  size_t DropExpired(absl::Time now);

  // Copies one entry.
  std::optional<Revocation> Find(RevocationSource source, const RevocationKey& key) const;

  // A page of a source's entries in an order of its own, which changes do not disturb: entries that
  // are there all the time appear exactly once over all pages. `after` is the page's
  // RevocationPage::next, 0 for the first.
  RevocationPage List(RevocationSource source, uint64_t after, size_t limit) const;

  // Entries of all sources, by kind.
  std::array<size_t, kRevocationKinds> counts() const;
  size_t max_entries() const { return max_entries_; }

 private:
  bool IsRevoked(RevocationKind kind, std::string_view issuer, std::string_view id,
                 absl::Time issued_at, absl::Time now) const;
  bool IsRevoked(const VerifiedToken& token, absl::Time now) const;
  size_t DropExpired(size_t source, const std::vector<RevocationKey>& keys, absl::Time now);

  const size_t max_entries_;
  std::atomic<uint64_t> generation_;
  // Of all sources, so that a kind without entries is not looked up.
  std::array<std::atomic<size_t>, kRevocationKinds> counts_{};
  mutable ReaderLock lock_;
  std::array<RevocationTable, kRevocationSources> tables_ ABSL_GUARDED_BY(lock_);
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_REVOCATION_REVOCATIONS_H_
