#include "interceptors/limits/rate_limiter.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "interceptors/limits/limit_table.h"
#include "interceptors/limits/siphash.h"

namespace warden {
namespace {

constexpr size_t kMaxShards = 64;
// Two bins to choose from, each a quarter larger than its share, practically never both overflow
// before the table holds `max_keys`; tests/interceptors/limits measures it.
constexpr double kSlack = 1.25;

// Maps the low `bits` of `random` evenly to [0, range).
uint32_t Spread(uint64_t random, int bits, size_t range) {
  const uint64_t masked = random & ((uint64_t{1} << bits) - 1);
  return static_cast<uint32_t>((masked * range) >> bits);
}

// The times are from that of judgement, which may lie after the caller's.
RateLimiter::Decision ToDecision(const GcraDecision& judged, int64_t judged_at, int64_t asked_at,
                                 bool shared) {
  RateLimiter::Decision decision;
  decision.allowed = judged.allowed;
  decision.remaining = judged.remaining;
  decision.shared = shared;
  decision.reset_after = absl::Nanoseconds(judged_at - asked_at + judged.reset_ns);
  if (judged.allowed) {
    decision.retry_after = absl::ZeroDuration();
  } else if (judged.wait_ns < kNever) {
    decision.retry_after = absl::Nanoseconds(judged_at - asked_at + judged.wait_ns);
  }
  return decision;
}

}  // namespace

class RateLimiter::Table {
 public:
  Table(size_t max_keys, int64_t epoch_ns) : hash_key_(SipKey::Random()), epoch_ns_(epoch_ns) {
    max_keys = std::max<size_t>(max_keys, 1);
    // Shards of fewer than some thousand keys would differ too much in how full they are.
    const size_t shards = std::clamp<size_t>(max_keys / 4096, 1, kMaxShards);
    const auto wanted = static_cast<size_t>(static_cast<double>(max_keys) * kSlack);
    bins_per_shard_ = (wanted + shards * kLimitWays - 1) / (shards * kLimitWays);
    shards_ = std::vector<LimitShard>(shards);
    for (LimitShard& shard : shards_) shard.Allocate(bins_per_shard_);
  }

  // REQUIRES: the lock of the ask's bucket is held. Whoever has changed the bucket by newer numbers
  // had it before, and knew of them.
  Numbers NumbersOf(const Ask& ask) const {
    const uint32_t newest = version_.load(std::memory_order_relaxed);
    if (newest == 0) return Numbers::kOnly;
    return ask.version < newest ? Numbers::kOlder : Numbers::kNewest;
  }
  GcraDecision Judge(const Ask& ask, int64_t now, LimitState* state) const {
    const Numbers numbers = NumbersOf(ask);
    AdoptState(*ask.spec, numbers, now, ask.owes, state);
    return JudgeState(*ask.spec, numbers, now, epoch_ns_, ask.cost, ask.mode, state);
  }

  const SipKey hash_key_;
  const int64_t epoch_ns_;
  std::atomic<uint32_t> version_{0};
  size_t bins_per_shard_;
  std::vector<LimitShard> shards_;
  SharedBuckets shared_;
};

// Judges several asks at one instant, with the locks of all their shards. They are taken in the
// order of the shards, that of the shared buckets last; which ones is known only as it runs, so it
// cannot be checked as it is compiled.
class RateLimiter::Jointly {
 public:
  Jointly(Table* table, std::span<const Ask> asks, int64_t asked_at) ABSL_NO_THREAD_SAFETY_ANALYSIS
      : table_(table),
        asks_(asks),
        asked_at_(asked_at),
        now_(asked_at) {
    for (size_t i = 0; i < asks.size(); ++i) shards_[i] = asks[i].place.shard;
    const auto end = shards_.begin() + asks.size();
    std::sort(shards_.begin(), end);
    locked_ = static_cast<size_t>(std::unique(shards_.begin(), end) - shards_.begin());
    for (size_t i = 0; i < locked_; ++i) {
      table_->shards_[shards_[i]].mutex().Lock();
      now_ = std::max(now_, table_->shards_[shards_[i]].latest_ns());
    }
    for (size_t i = 0; i < locked_; ++i) table_->shards_[shards_[i]].Advance(now_);
  }
  ~Jointly() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (shared_locked_) table_->shared_.mutex().Unlock();
    for (size_t i = 0; i < locked_; ++i) table_->shards_[shards_[i]].mutex().Unlock();
  }
  Jointly(const Jointly&) = delete;
  Jointly& operator=(const Jointly&) = delete;

  bool Run(std::span<Decision> out) {
    bool allowed = true;
    for (size_t i = 0; i < asks_.size(); ++i) {
      Find(i);
      held_[i].after = held_[i].before;
      out[i] = JudgeOne(i, asks_[i].mode, &held_[i].after);
      allowed = allowed && out[i].allowed;
    }
    for (size_t i = 0; i < asks_.size(); ++i) {
      // What was not charged after all says what is left.
      if (!allowed && out[i].allowed) {
        held_[i].after = held_[i].before;
        out[i] = JudgeOne(i, TakeMode::kPeek, &held_[i].after);
      }
      Keep(i, allowed ? held_[i].after : held_[i].before);
    }
    return allowed;
  }

 private:
  struct Held {
    LimitSlot slot;  // without a bin: the shared bucket
    Numbers numbers = Numbers::kOnly;
    LimitState before, after;
  };

  void Find(size_t i) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const Place& place = asks_[i].place;
    LimitShard& shard = table_->shards_[place.shard];
    LimitSlot& slot = held_[i].slot;
    slot = shard.Find(place.first_bin, place.second_bin, place.tag);
    if (slot.bin == nullptr) slot = shard.Insert(place.first_bin, place.second_bin, place.tag);
    if (slot.bin != nullptr) {
      held_[i].before = slot.Get();
      slot.Pin();  // the next one must not take its place
      return Adopt(i);
    }
    if (!shared_locked_) table_->shared_.mutex().Lock();
    shared_locked_ = true;
    now_ = table_->shared_.Advance(now_);
    table_->shared_.CountDecision();
    held_[i].before = table_->shared_.Get(place.limit_id);
    Adopt(i);
  }
  void Adopt(size_t i) {
    held_[i].numbers = table_->NumbersOf(asks_[i]);
    AdoptState(*asks_[i].spec, held_[i].numbers, now_, asks_[i].owes, &held_[i].before);
  }
  Decision JudgeOne(size_t i, TakeMode mode, LimitState* state) const {
    const GcraDecision judged = JudgeState(*asks_[i].spec, held_[i].numbers, now_,
                                           table_->epoch_ns_, asks_[i].cost, mode, state);
    return ToDecision(judged, now_, asked_at_, held_[i].slot.bin == nullptr);
  }
  void Keep(size_t i, const LimitState& state) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (held_[i].slot.bin != nullptr) {
      held_[i].slot.Set(state);
    } else {
      table_->shared_.Set(asks_[i].place.limit_id, state);
    }
  }

  Table* const table_;
  const std::span<const Ask> asks_;
  const int64_t asked_at_;
  int64_t now_;
  std::array<uint32_t, kMaxAsks> shards_{};
  size_t locked_ = 0;  // of shards_
  bool shared_locked_ = false;
  std::array<Held, kMaxAsks> held_;
};

RateLimiter::RateLimiter(size_t max_keys, int64_t epoch_ns)
    : table_(std::make_unique<Table>(max_keys, epoch_ns)) {}

RateLimiter::~RateLimiter() = default;

RateLimiter::Place RateLimiter::PlaceOf(uint32_t limit_id, std::string_view key) const {
  const Hash128 hash = SipHash128(table_->hash_key_, limit_id, key);
  return {hash.low == 0 ? 1 : hash.low, Spread(hash.high >> 52, 12, table_->shards_.size()),
          Spread(hash.high, 26, table_->bins_per_shard_),
          Spread(hash.high >> 26, 26, table_->bins_per_shard_), limit_id};
}

RateLimiter::Decision RateLimiter::Judge(const Ask& ask, int64_t monotonic_ns) {
  if (!IsValid(*ask.spec)) return {};
  const Place& place = ask.place;
  {
    LimitShard& shard = table_->shards_[place.shard];
    MutexLock lock(&shard.mutex());
    const int64_t now = shard.Advance(monotonic_ns);
    LimitSlot slot = shard.Find(place.first_bin, place.second_bin, place.tag);
    LimitState state = slot.bin != nullptr ? slot.Get() : LimitState::New(now);
    bool room = true;
    if (slot.bin == nullptr && ask.mode == TakeMode::kPeek) {
      room = shard.HasRoom(place.first_bin, place.second_bin);
    } else if (slot.bin == nullptr) {
      slot = shard.Insert(place.first_bin, place.second_bin, place.tag);
      room = slot.bin != nullptr;
    }
    if (room) {
      const GcraDecision judged = table_->Judge(ask, now, &state);
      if (slot.bin != nullptr) slot.Set(state);
      return ToDecision(judged, now, monotonic_ns, false);
    }
  }
  SharedBuckets& shared = table_->shared_;
  MutexLock lock(&shared.mutex());
  const int64_t now = shared.Advance(monotonic_ns);
  shared.CountDecision();
  LimitState state = shared.Get(place.limit_id);
  const GcraDecision judged = table_->Judge(ask, now, &state);
  shared.Set(place.limit_id, state);
  return ToDecision(judged, now, monotonic_ns, true);
}

bool RateLimiter::JudgeAll(std::span<const Ask> asks, int64_t monotonic_ns,
                           std::span<Decision> out) {
  if (asks.size() == 1) {
    out[0] = Judge(asks[0], monotonic_ns);
    return out[0].allowed;
  }
  std::fill(out.begin(), out.end(), Decision{});
  if (asks.size() > kMaxAsks) return false;
  for (const Ask& ask : asks) {
    if (!IsValid(*ask.spec)) return false;
  }
  return Jointly(table_.get(), asks, monotonic_ns).Run(out);
}

void RateLimiter::Refund(const Ask& ask, const Decision& taken, int64_t monotonic_ns) {
  const Place& place = ask.place;
  const auto refund = [&](int64_t now, LimitState state) {
    RefundState(*ask.spec, now, table_->epoch_ns_, ask.cost, &state);
    return state;
  };
  if (taken.shared) {
    SharedBuckets& shared = table_->shared_;
    MutexLock lock(&shared.mutex());
    const int64_t now = shared.Advance(monotonic_ns);
    shared.Set(place.limit_id, refund(now, shared.Get(place.limit_id)));
    return;
  }
  LimitShard& shard = table_->shards_[place.shard];
  MutexLock lock(&shard.mutex());
  const int64_t now = shard.Advance(monotonic_ns);
  const LimitSlot slot = shard.Find(place.first_bin, place.second_bin, place.tag);
  if (slot.bin != nullptr) slot.Set(refund(now, slot.Get()));
}

void RateLimiter::BeginVersion(uint32_t version) {
  table_->version_.store(version, std::memory_order_relaxed);
}

size_t RateLimiter::tracked_keys() const {
  size_t total = 0;
  for (const LimitShard& shard : table_->shards_) total += shard.used();
  return total;
}

size_t RateLimiter::capacity() const {
  return table_->shards_.size() * table_->bins_per_shard_ * kLimitWays;
}

size_t RateLimiter::bytes() const {
  return table_->shards_.size() * (sizeof(LimitShard) + table_->bins_per_shard_ * sizeof(LimitBin));
}

uint64_t RateLimiter::evictions() const {
  uint64_t total = 0;
  for (const LimitShard& shard : table_->shards_) total += shard.evictions();
  return total;
}

uint64_t RateLimiter::shared_decisions() const { return table_->shared_.decisions(); }

}  // namespace warden
