#include "interceptors/abuse/failure_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/siphash.h"

namespace warden {
namespace {

constexpr size_t kWays = 8;
constexpr size_t kMaxShards = 64;
constexpr double kSlack = 1.25;  // as for RateLimiter: two bins to choose from

struct Place {
  uint64_t tag;  // never 0
  size_t shard, first_bin, second_bin;
};

struct Entry {
  uint64_t tag = 0;  // 0: empty
  // Scores are as of `as_of_ns`, which may lie ahead: at the end of a block.
  int64_t as_of_ns = 0;
  int64_t last_failure_ns = 0;
  float failures = 0;
  float blocks = 0;
};
using Bin = std::array<Entry, kWays>;

// Maps the low `bits` of `random` evenly to [0, range).
size_t Spread(uint64_t random, int bits, size_t range) {
  const uint64_t masked = random & ((uint64_t{1} << bits) - 1);
  return static_cast<size_t>((masked * range) >> bits);
}

// Doubled with each block before, as far as those are not forgotten.
int64_t BlockFor(double blocks, const FailureTableOptions& options) {
  const double wanted =
      static_cast<double>(options.first_block_ns) * std::exp2(std::min(std::round(blocks), 60.0));
  return wanted >= static_cast<double>(options.max_block_ns) ? options.max_block_ns
                                                             : static_cast<int64_t>(wanted);
}

// True once in `score` + 1 times.
bool Admit(double score) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, score + 1)(random) < 1;
}

class alignas(64) Shard {
 public:
  void Allocate(size_t bins) {
    MutexLock lock(&mutex_);
    bins_ = std::vector<Bin>(bins);
  }

  // All 0 where there is no place for it.
  FailureScore Fail(const Place& place, double amount, int64_t now_ns,
                    const FailureTableOptions& options) {
    MutexLock lock(&mutex_);
    Entry* entry = Find(place);
    if (entry == nullptr) entry = Insert(place, now_ns, options);
    if (entry == nullptr) {
      ++untracked_;
      return {};
    }
    if (entry->as_of_ns > now_ns && entry->blocks > 0) return ScoreOf(*entry);  // is blocked
    Age(entry, now_ns, options);
    entry->failures = static_cast<float>(entry->failures + amount);
    entry->last_failure_ns = std::max(entry->last_failure_ns, now_ns);
    FailureScore score = ScoreOf(*entry);
    // Half a failure may have been forgotten between the first and the last.
    if (options.block_at <= 0 || score.failures < options.block_at - 0.5) return score;
    score.block_ns = BlockFor(entry->blocks, options);
    entry->blocks += 1;
    entry->as_of_ns = now_ns + score.block_ns;
    entry->last_failure_ns = 0;
    return score;
  }

  FailureScore Get(const Place& place, int64_t now_ns, const FailureTableOptions& options) const {
    MutexLock lock(&mutex_);
    const Entry* const found = Find(place);
    if (found == nullptr) return {};
    Entry entry = *found;
    Age(&entry, now_ns, options);
    return ScoreOf(entry);
  }

  void Forget(const Place& place) {
    MutexLock lock(&mutex_);
    Entry* const entry = Find(place);
    if (entry == nullptr) return;
    *entry = {};
    --used_;
  }

  size_t used() const {
    MutexLock lock(&mutex_);
    return used_;
  }
  uint64_t untracked() const {
    MutexLock lock(&mutex_);
    return untracked_;
  }

 private:
  static FailureScore ScoreOf(const Entry& entry) {
    return {entry.failures, entry.blocks, entry.last_failure_ns};
  }

  static void Age(Entry* entry, int64_t now_ns, const FailureTableOptions& options) {
    if (now_ns <= entry->as_of_ns) return;
    const double left = std::exp2(-static_cast<double>(now_ns - entry->as_of_ns) /
                                  static_cast<double>(options.half_life_ns));
    entry->failures = static_cast<float>(entry->failures * left);
    entry->blocks = static_cast<float>(entry->blocks * left);
    entry->as_of_ns = now_ns;
  }

  Entry* Find(const Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const size_t bin : {place.first_bin, place.second_bin}) {
      for (Entry& entry : bins_[bin]) {
        if (entry.tag == place.tag) return &entry;
      }
    }
    return nullptr;
  }
  const Entry* Find(const Place& place) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return const_cast<Shard*>(this)->Find(place);
  }

  Entry* Insert(const Place& place, int64_t now_ns, const FailureTableOptions& options)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Entry* least = nullptr;
    double least_score = 0;
    for (const size_t bin : {place.first_bin, place.second_bin}) {
      for (Entry& entry : bins_[bin]) {
        double score = -1;
        if (entry.tag != 0) {
          Entry aged = entry;
          Age(&aged, now_ns, options);
          score = aged.failures;
        }
        if (least != nullptr && score >= least_score) continue;
        least = &entry;
        least_score = score;
      }
    }
    if (least_score >= options.protect || (least_score >= 1 && !Admit(least_score))) return nullptr;
    if (least->tag == 0) ++used_;
    *least = {.tag = place.tag, .as_of_ns = now_ns};
    return least;
  }

  mutable Mutex mutex_;
  std::vector<Bin> bins_ ABSL_GUARDED_BY(mutex_);
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t untracked_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

class FailureTable::Table {
 public:
  explicit Table(const FailureTableOptions& options)
      : options_(options), hash_key_(SipKey::Random()) {
    const size_t max_entries = std::max<size_t>(options.max_entries, 1);
    // Shards of fewer than some thousand keys would differ too much in how full they are.
    const size_t shards = std::clamp<size_t>(max_entries / 4096, 1, kMaxShards);
    const auto wanted = static_cast<size_t>(static_cast<double>(max_entries) * kSlack);
    bins_per_shard_ = (wanted + shards * kWays - 1) / (shards * kWays);
    shards_ = std::vector<Shard>(shards);
    for (Shard& shard : shards_) shard.Allocate(bins_per_shard_);
  }

  Place PlaceOf(uint64_t kind, std::string_view key) const {
    const Hash128 hash = SipHash128(hash_key_, kind, key);
    return {hash.low == 0 ? 1 : hash.low, Spread(hash.high >> 52, 12, shards_.size()),
            Spread(hash.high, 26, bins_per_shard_), Spread(hash.high >> 26, 26, bins_per_shard_)};
  }

  const FailureTableOptions options_;
  const SipKey hash_key_;
  size_t bins_per_shard_;
  std::vector<Shard> shards_;
};

FailureTable::FailureTable(const FailureTableOptions& options)
    : table_(std::make_unique<Table>(options)) {}

FailureTable::~FailureTable() = default;

FailureScore FailureTable::Fail(uint64_t kind, std::string_view key, double amount,
                                int64_t now_ns) {
  const Place place = table_->PlaceOf(kind, key);
  return table_->shards_[place.shard].Fail(place, amount, now_ns, table_->options_);
}

FailureScore FailureTable::Find(uint64_t kind, std::string_view key, int64_t now_ns) const {
  const Place place = table_->PlaceOf(kind, key);
  return table_->shards_[place.shard].Get(place, now_ns, table_->options_);
}

void FailureTable::Forget(uint64_t kind, std::string_view key) {
  const Place place = table_->PlaceOf(kind, key);
  table_->shards_[place.shard].Forget(place);
}

size_t FailureTable::tracked() const {
  size_t total = 0;
  for (const Shard& shard : table_->shards_) total += shard.used();
  return total;
}

size_t FailureTable::capacity() const {
  return table_->shards_.size() * table_->bins_per_shard_ * kWays;
}

uint64_t FailureTable::untracked() const {
  uint64_t total = 0;
  for (const Shard& shard : table_->shards_) total += shard.untracked();
  return total;
}

}  // namespace warden
