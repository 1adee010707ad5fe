// Token buckets for every (method, key) pair, in bounded memory.
#ifndef WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_
#define WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "interceptors/limits/limit_spec.h"

namespace warden {

// The algorithm is GCRA (the generic cell rate algorithm, ITU-T I.371), computed exactly: the
// interval per/requests is kept as a fraction, so no call is gained or lost to rounding however
// long a bucket lives. Of any sequence of calls, exactly those of an ideal bucket are admitted.
//
// Time. `monotonic_ns` comes from a monotonic clock. A thread may be preempted between reading the
// clock and calling Take, so times may arrive out of order; Take then judges by the latest time
// seen, which is never later than the real one. Admissions are neither lost nor gained by that.
//
// Memory. About 30 bytes for each of `max_keys`, allocated at construction; nothing grows later.
// The key itself is not kept, only a 64-bit tag and a place made from its 128-bit SipHash under a
// random key of this process, so nobody can aim at another's bucket.
//
// When there is no room. A bucket that has become full again says no more than no bucket at all:
// such entries give way to new keys, and nothing is lost with them. A bucket that is not full is
// never given up, so flooding the table with keys wins nobody a fresh bucket. A new key that finds
// no room shares one bucket with all others of that method without room, under the same limit: an
// attacker who fills the table gets max_keys buckets plus one, no more; the price is that honest
// new keys are held to the shared bucket until entries have become idle.
//
// Thread-safe. Shards are locked one at a time; uncontended, Take is under 100 ns.
class RateLimiter {
 public:
  // Has room for about `max_keys` keys (at least 1), spread over the table by their hash.
  explicit RateLimiter(size_t max_keys);
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  struct Decision {
    bool allowed = false;
    // Refused: how long after `monotonic_ns` the same call succeeds, if nobody else takes the
    // token; never too short, to the nanosecond. Infinite for a spec that CheckLimit refuses.
    // Allowed: zero.
    absl::Duration retry_after = absl::InfiniteDuration();
    uint32_t remaining = 0;  // calls that would succeed right now after this one
    bool shared = false;     // decided by the shared bucket, for want of room
  };

  // Takes one token from the bucket of (`method_id`, `key`). `spec` is the method's: the same for
  // every call with that method_id. A spec that CheckLimit refuses denies. `method_id` must be one
  // of a fixed set; `key` is any bytes and may be chosen by an attacker.
  Decision Take(uint32_t method_id, const LimitSpec& spec, std::string_view key,
                int64_t monotonic_ns);

  size_t tracked_keys() const;        // buckets in the table now, idle ones included
  size_t capacity() const;            // the most that tracked_keys can be
  uint64_t evictions() const;         // idle buckets that gave way to new keys
  uint64_t shared_decisions() const;  // decisions taken by a shared bucket, for want of room

 private:
  class Table;
  std::unique_ptr<Table> table_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_
