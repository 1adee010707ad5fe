// What limits remember of every key, in bounded memory.
#ifndef WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_
#define WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/time/time.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/limit_spec.h"

namespace warden {

// Each (limit, key) pair has a bucket: a token bucket (GCRA, ITU-T I.371) or the counts of one or
// two windows, computed exactly. Of any sequence of calls, exactly those of an ideal bucket are
// admitted.
//
// Time. `monotonic_ns` comes from a monotonic clock. A thread may be preempted between reading the
// clock and calling Take, so times may arrive out of order; Take then judges by the latest time
// seen, which is never later than the real one. Admissions are neither lost nor gained by that.
// Windows begin at multiples of `per` of monotonic_ns + epoch_ns.
//
// Memory. About 30 bytes for each of `max_keys`, allocated at construction; nothing grows later.
// The key itself is not kept, only a 64-bit tag and a place made from its 128-bit SipHash under a
// random key of this process, so nobody can aim at another's bucket.
//
// When there is no room. A bucket that has become full again says no more than no bucket at all:
// such entries give way to new keys, and nothing is lost with them. A bucket that is not full is
// never given up, so flooding the table with keys wins nobody a fresh bucket. A new key that finds
// no room shares one bucket with all others of that limit without room: an attacker who fills the
// table gets max_keys buckets plus one, no more; the price is that honest new keys are held to the
// shared bucket until entries have become idle.
//
// Other numbers. A limit may get another spec of the same algorithm while it is in use, by asks of
// another version. Its buckets stay: what is missing from a token bucket keeps its time to be
// regained, but never is more missing than the new size (GcraAdopt); windows of the same `per` keep
// their counts, and of another they begin anew. Asks of an older version, of calls that have begun
// under it, are judged by their own numbers and free nothing that newer ones have taken.
//
// Thread-safe. The table is locked by the shard; uncontended, Take is under 100 ns.
class RateLimiter {
 public:
  // Has room for about `max_keys` keys (at least 1), spread over the table by their hash.
  explicit RateLimiter(size_t max_keys, int64_t epoch_ns = 0);
  ~RateLimiter();
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Where a key's bucket may stand. Of this limiter only.
  struct Place {
    uint64_t tag = 0;
    uint32_t shard = 0, first_bin = 0, second_bin = 0, limit_id = 0;
  };
  // `limit_id` must be one of a fixed set; `key` is any bytes and may be chosen by an attacker.
  Place PlaceOf(uint32_t limit_id, std::string_view key) const;

  struct Decision {
    bool allowed = false;
    // Refused: how long after `monotonic_ns` the same call succeeds, if nobody else takes what is
    // there; never too short, to the nanosecond. Infinite for a spec that CheckLimit refuses, and
    // for what costs more than the limit's size. Allowed: zero.
    absl::Duration retry_after = absl::InfiniteDuration();
    uint32_t remaining = 0;  // what is left after this call
    bool shared = false;     // decided by the shared bucket, for want of room
    absl::Duration reset_after = absl::ZeroDuration();  // until all is there again
  };

  // Takes `cost` from the bucket of (`limit_id`, `key`). `spec` is the limit's: the same for every
  // call with that limit_id and version, which is 0 here. A spec that CheckLimit refuses denies.
  Decision Take(uint32_t limit_id, const LimitSpec& spec, std::string_view key,
                int64_t monotonic_ns, uint32_t cost = 1) {
    return Judge({&spec, PlaceOf(limit_id, key), cost, TakeMode::kTake}, monotonic_ns);
  }
  // Whether Take would succeed; nothing is charged, and no bucket made.
  Decision Peek(uint32_t limit_id, const LimitSpec& spec, std::string_view key,
                int64_t monotonic_ns, uint32_t cost = 1) {
    return Judge({&spec, PlaceOf(limit_id, key), cost, TakeMode::kPeek}, monotonic_ns);
  }
  // Takes even what is not there: the bucket then owes it, up to its size once more, and refuses
  // until that is regained. `allowed` is what Take would have said.
  Decision Charge(uint32_t limit_id, const LimitSpec& spec, std::string_view key,
                  int64_t monotonic_ns, uint32_t cost = 1) {
    return Judge({&spec, PlaceOf(limit_id, key), cost, TakeMode::kCharge}, monotonic_ns);
  }

  struct Ask {
    const LimitSpec* spec = nullptr;
    Place place;
    uint32_t cost = 1;
    TakeMode mode = TakeMode::kTake;
    uint32_t version = 0;  // of the limit's numbers
    bool owes = true;      // the limit is also charged (kCharge), so its buckets may owe something
  };
  Decision Judge(const Ask& ask, int64_t monotonic_ns);
  // All of them at one instant: where one refuses, none is charged. True if all allow. REQUIRES:
  // out.size() == asks.size() <= kMaxAsks; none is kCharge; no two are of the same limit_id.
  static constexpr size_t kMaxAsks = 8;
  bool JudgeAll(std::span<const Ask> asks, int64_t monotonic_ns, std::span<Decision> out);
  // Gives back what `ask` was allowed to take with `taken`, if its bucket is still there.
  void Refund(const Ask& ask, const Decision& taken, int64_t monotonic_ns);

  // To be called before the first ask of that version, which is greater than all before. There is
  // nothing to call for version 0.
  void BeginVersion(uint32_t version);

  size_t tracked_keys() const;        // buckets in the table now, idle ones included
  size_t capacity() const;            // the most that tracked_keys can be
  size_t bytes() const;               // of the table
  uint64_t evictions() const;         // idle buckets that gave way to new keys
  uint64_t shared_decisions() const;  // decisions taken by a shared bucket, for want of room

 private:
  class Table;
  class Jointly;
  std::unique_ptr<Table> table_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_RATE_LIMITER_H_
