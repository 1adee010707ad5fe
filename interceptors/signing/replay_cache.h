// Remembers nonces while their signatures could be used again.
#ifndef WARDEN_INTERCEPTORS_SIGNING_REPLAY_CACHE_H_
#define WARDEN_INTERCEPTORS_SIGNING_REPLAY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/siphash.h"

namespace warden {

enum class ReplayVerdict {
  kFresh,     // never seen, and remembered now
  kReplayed,  // seen before
  kTooOld,    // made before what is still remembered, so nobody can tell
  kFull,      // no room to remember it
};

// Nonces are kept as 128-bit SipHash under a random key of this process: 16 bytes each in two
// tables, at most 2 * `max_entries` of them, about 40 bytes a nonce in the worst case. Memory grows
// with use and is given back.
//
// A nonce is remembered for at least twice `max_skew` after it came, which is as long as a
// signature can be acceptable. Should the clock be set back after that, a forgotten signature would
// look fresh again: so what was made before the time that is remembered is refused (kTooOld), as is
// what was made before this object, which knows nothing of the time before. Thread-safe.
class ReplayCache {
 public:
  // `started` is the wall clock.
  ReplayCache(size_t max_entries, absl::Duration max_skew, absl::Time started);

  // REQUIRES: |created - now| <= max_skew was checked. `monotonic_ns` is of a clock that nobody
  // sets.
  ReplayVerdict Use(std::string_view key_id, std::string_view nonce, absl::Time created,
                    absl::Time now, int64_t monotonic_ns);

  size_t entries() const;

 private:
  struct Hasher {
    size_t operator()(const Hash128& hash) const { return static_cast<size_t>(hash.low); }
  };
  using Table = absl::flat_hash_set<Hash128, Hasher>;

  void Rotate(absl::Time now, int64_t monotonic_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SipKey hash_key_;
  const size_t max_entries_;
  const absl::Duration max_skew_;
  mutable Mutex mutex_;
  Table current_ ABSL_GUARDED_BY(mutex_);
  Table previous_ ABSL_GUARDED_BY(mutex_);
  bool rotated_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t rotate_at_ns_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time floor_ ABSL_GUARDED_BY(mutex_);  // what was made before is kTooOld
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_REPLAY_CACHE_H_
