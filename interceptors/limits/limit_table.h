// The table of a RateLimiter. Internal to interceptors/limits.
#ifndef WARDEN_INTERCEPTORS_LIMITS_LIMIT_TABLE_H_
#define WARDEN_INTERCEPTORS_LIMITS_LIMIT_TABLE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/limit_state.h"

namespace warden {

inline constexpr size_t kLimitWays = 8;

// Eight buckets, on three cache lines. A tag of 0 marks an empty place.
struct alignas(64) LimitBin {
  std::array<uint64_t, kLimitWays> tag{};
  std::array<int64_t, kLimitWays> idle_ns{};
  std::array<uint32_t, kLimitWays> first{}, second{};

  LimitState Get(size_t way) const { return {idle_ns[way], first[way], second[way]}; }
  void Set(size_t way, const LimitState& state) {
    idle_ns[way] = state.idle_ns;
    first[way] = state.first;
    second[way] = state.second;
  }
};

struct LimitSlot {
  LimitBin* bin = nullptr;  // null: no room
  size_t way = 0;
  LimitState Get() const { return bin->Get(way); }
  void Set(const LimitState& state) const { bin->Set(way, state); }
  // Keeps the bucket from giving way until its state is set.
  void Pin() const { bin->idle_ns[way] = std::numeric_limits<int64_t>::max(); }
};

// A part of the table, under one lock. What a user of `mutex` may do is said of each.
class alignas(64) LimitShard {
 public:
  void Allocate(size_t bins);

  Mutex& mutex() const ABSL_LOCK_RETURNED(mutex_) { return mutex_; }
  int64_t latest_ns() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return latest_ns_; }
  // The latest time that was seen, `now_ns` included.
  int64_t Advance(int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    latest_ns_ = std::max(latest_ns_, now_ns);
    return latest_ns_;
  }
  // A tag may stand in one of two bins. Null where it stands in neither.
  LimitSlot Find(size_t first_bin, size_t second_bin, uint64_t tag)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Makes a new bucket at latest_ns(), where there is room. REQUIRES: Find found none.
  LimitSlot Insert(size_t first_bin, size_t second_bin, uint64_t tag)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(size_t first_bin, size_t second_bin) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  size_t used() const;
  uint64_t evictions() const;

 private:
  mutable Mutex mutex_;
  std::vector<LimitBin> bins_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_ns_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<int64_t>::min();
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The buckets of last resort, one for each limit.
class SharedBuckets {
 public:
  Mutex& mutex() const ABSL_LOCK_RETURNED(mutex_) { return mutex_; }
  int64_t Advance(int64_t now_ns) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    latest_ns_ = std::max(latest_ns_, now_ns);
    return latest_ns_;
  }
  void CountDecision() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { ++decisions_; }
  LimitState Get(uint32_t limit_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Set(uint32_t limit_id, const LimitState& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t decisions() const;

 private:
  uint32_t IdOf(uint32_t limit_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  absl::flat_hash_map<uint32_t, LimitState> buckets_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_ns_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<int64_t>::min();
  uint64_t decisions_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_LIMIT_TABLE_H_
