#include "interceptors/limits/rate_limiter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/siphash.h"

namespace warden {
namespace {

constexpr size_t kWays = 8;
constexpr size_t kMaxShards = 64;
// Two bins to choose from, each a quarter larger than its share, practically never both overflow
// before the table holds `max_keys`; tests/interceptors/limits measures it.
constexpr double kSlack = 1.25;
constexpr size_t kMaxSharedBuckets = 65536;

// A key may stand in one of two bins of one shard.
struct Place {
  uint64_t tag;  // never 0
  size_t shard, first_bin, second_bin;
};

// Eight buckets. A tag of 0 marks an empty place.
struct alignas(64) Bin {
  std::array<uint64_t, kWays> tag{};
  std::array<int64_t, kWays> tat_ns{};
  std::array<uint32_t, kWays> tat_fraction{};

  ArrivalTime Get(size_t way) const { return {tat_ns[way], tat_fraction[way]}; }
  void Set(size_t way, const ArrivalTime& tat) {
    tat_ns[way] = tat.ns;
    tat_fraction[way] = tat.fraction;
  }
};

struct Slot {
  Bin* bin = nullptr;
  size_t way = 0;
};

bool FindTag(Bin* bin, uint64_t tag, Slot* out) {
  for (size_t way = 0; way < kWays; ++way) {
    if (bin->tag[way] == tag) {
      *out = {bin, way};
      return true;
    }
  }
  return false;
}

// The places of a bin that a new key may take, and the best of them.
struct Vacancy {
  size_t count = 0;
  Slot best;
  bool empty = false;  // best was never used

  Vacancy(Bin* bin, int64_t now_ns) {
    for (size_t way = 0; way < kWays; ++way) {
      if (bin->tag[way] == 0) {
        ++count;
        best = {bin, way};
        empty = true;
      } else if (bin->Get(way).FullAt(now_ns)) {
        ++count;
        // The one idle for longest is the least likely to be asked for again.
        const bool better = best.bin == nullptr || bin->tat_ns[way] < bin->tat_ns[best.way];
        if (!empty && better) best = {bin, way};
      }
    }
  }
};

class alignas(64) Shard {
 public:
  void Allocate(size_t bins) {
    MutexLock lock(&mutex_);
    bins_ = std::vector<Bin>(bins);
  }

  // False if the key has no bucket and there is no room for one.
  bool Take(const Place& place, const LimitSpec& spec, int64_t now_ns, int64_t* judged_at,
            GcraDecision* out) {
    MutexLock lock(&mutex_);
    latest_ns_ = std::max(latest_ns_, now_ns);
    *judged_at = latest_ns_;
    Slot slot;
    Bin* const first = &bins_[place.first_bin];
    Bin* const second = &bins_[place.second_bin];
    if (!FindTag(first, place.tag, &slot) && !FindTag(second, place.tag, &slot) &&
        !Insert(first, second, place.tag, &slot)) {
      return false;
    }
    ArrivalTime tat = slot.bin->Get(slot.way);
    *out = GcraTake(spec, latest_ns_, &tat);
    slot.bin->Set(slot.way, tat);
    return true;
  }

  size_t used() const {
    MutexLock lock(&mutex_);
    return used_;
  }
  uint64_t evictions() const {
    MutexLock lock(&mutex_);
    return evictions_;
  }

 private:
  bool Insert(Bin* first, Bin* second, uint64_t tag, Slot* out)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const Vacancy a(first, latest_ns_);
    const Vacancy b(second, latest_ns_);
    const Vacancy& roomier = a.count >= b.count ? a : b;
    if (roomier.count == 0) return false;
    *out = roomier.best;
    if (roomier.empty) {
      ++used_;
    } else {
      ++evictions_;
    }
    out->bin->tag[out->way] = tag;
    out->bin->Set(out->way, {latest_ns_, 0});  // full
    return true;
  }

  mutable Mutex mutex_;
  std::vector<Bin> bins_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_ns_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<int64_t>::min();
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The buckets of last resort, one for each method.
class SharedBuckets {
 public:
  GcraDecision Take(uint32_t method_id, const LimitSpec& spec, int64_t now_ns, int64_t* judged_at) {
    MutexLock lock(&mutex_);
    latest_ns_ = std::max(latest_ns_, now_ns);
    *judged_at = latest_ns_;
    ++decisions_;
    // Bounded even if a caller of this class makes up method ids: those beyond share one.
    const bool room = buckets_.size() < kMaxSharedBuckets || buckets_.contains(method_id);
    const uint32_t id = room ? method_id : std::numeric_limits<uint32_t>::max();
    const auto [at, inserted] = buckets_.try_emplace(id, ArrivalTime{latest_ns_, 0});
    return GcraTake(spec, latest_ns_, &at->second);
  }

  uint64_t decisions() const {
    MutexLock lock(&mutex_);
    return decisions_;
  }

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<uint32_t, ArrivalTime> buckets_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_ns_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<int64_t>::min();
  uint64_t decisions_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Maps the low `bits` of `random` evenly to [0, range).
size_t Spread(uint64_t random, int bits, size_t range) {
  const uint64_t masked = random & ((uint64_t{1} << bits) - 1);
  return static_cast<size_t>((masked * range) >> bits);
}

}  // namespace

class RateLimiter::Table {
 public:
  explicit Table(size_t max_keys) : hash_key_(SipKey::Random()) {
    max_keys = std::max<size_t>(max_keys, 1);
    // Shards of fewer than some thousand keys would differ too much in how full they are.
    const size_t shards = std::clamp<size_t>(max_keys / 4096, 1, kMaxShards);
    const auto wanted = static_cast<size_t>(static_cast<double>(max_keys) * kSlack);
    bins_per_shard_ = (wanted + shards * kWays - 1) / (shards * kWays);
    shards_ = std::vector<Shard>(shards);
    for (Shard& shard : shards_) shard.Allocate(bins_per_shard_);
  }

  Place PlaceOf(uint32_t method_id, std::string_view key) const {
    const Hash128 hash = SipHash128(hash_key_, method_id, key);
    return {hash.low == 0 ? 1 : hash.low, Spread(hash.high >> 52, 12, shards_.size()),
            Spread(hash.high, 26, bins_per_shard_), Spread(hash.high >> 26, 26, bins_per_shard_)};
  }

  const SipKey hash_key_;
  size_t bins_per_shard_;
  std::vector<Shard> shards_;
  SharedBuckets shared_;
};

RateLimiter::RateLimiter(size_t max_keys) : table_(std::make_unique<Table>(max_keys)) {}

RateLimiter::~RateLimiter() = default;

RateLimiter::Decision RateLimiter::Take(uint32_t method_id, const LimitSpec& spec,
                                        std::string_view key, int64_t monotonic_ns) {
  if (!IsValid(spec)) return {};
  const Place place = table_->PlaceOf(method_id, key);
  int64_t judged_at = 0;
  GcraDecision taken;
  Decision decision;
  if (!table_->shards_[place.shard].Take(place, spec, monotonic_ns, &judged_at, &taken)) {
    taken = table_->shared_.Take(method_id, spec, monotonic_ns, &judged_at);
    decision.shared = true;
  }
  decision.allowed = taken.allowed;
  decision.remaining = taken.remaining;
  // The wait is from the time of judgement, which may lie after the caller's.
  decision.retry_after = taken.allowed
                             ? absl::ZeroDuration()
                             : absl::Nanoseconds(judged_at - monotonic_ns + taken.wait_ns);
  return decision;
}

size_t RateLimiter::tracked_keys() const {
  size_t total = 0;
  for (const Shard& shard : table_->shards_) total += shard.used();
  return total;
}

size_t RateLimiter::capacity() const {
  return table_->shards_.size() * table_->bins_per_shard_ * kWays;
}

uint64_t RateLimiter::evictions() const {
  uint64_t total = 0;
  for (const Shard& shard : table_->shards_) total += shard.evictions();
  return total;
}

uint64_t RateLimiter::shared_decisions() const { return table_->shared_.decisions(); }

}  // namespace warden
