#include "authz/token/token_cache.h"

#include <algorithm>
#include <list>
#include <random>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "authz/sync/mutex.h"

namespace warden {
namespace {

constexpr size_t kBytesPerEntry = 2048;
constexpr size_t kMinEntriesPerShard = 64;
// Longer texts are neither hashed nor remembered; the verifier's own bound is usually lower.
constexpr size_t kMaxRememberedBytes = 16384;

uint64_t RandomSeed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

struct Key {
  uint64_t hash;
  std::string_view text;  // compared in full: two tokens with one hash are two tokens
  friend bool operator==(const Key& a, const Key& b) { return a.text == b.text; }
};

struct KeyHash {
  size_t operator()(const Key& key) const { return static_cast<size_t>(key.hash); }
};

}  // namespace

// The least recently used entry makes room.
class TokenCache::Shard {
 public:
  Shard(std::shared_ptr<const TokenVerifier> verifier, size_t max_entries)
      : max_entries_(max_entries),
        max_bytes_(std::max(max_entries * kBytesPerEntry, kMaxRememberedBytes)),
        verifier_(std::move(verifier)) {}

  struct Lookup {
    std::shared_ptr<const VerifiedToken> token;     // or, where it is null:
    std::shared_ptr<const TokenVerifier> verifier;  // who has to look at the text
    uint64_t generation = 0;
  };

  Lookup Find(uint64_t hash, std::string_view text, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    const auto found = index_.find(Key{hash, text});
    if (found != index_.end()) {
      const auto entry = found->second;
      if (entry->token->ValidAt(now)) {
        entries_.splice(entries_.begin(), entries_, entry);
        return {entry->token, nullptr, generation_};
      }
      if (now >= entry->token->valid_until()) Erase(entry);
    }
    return {nullptr, verifier_, generation_};
  }

  void Insert(uint64_t hash, std::string_view text, std::shared_ptr<const VerifiedToken> token,
              uint64_t generation) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::list<Entry> made;  // allocated before the lock is taken
    made.push_back({hash, std::string(text), std::move(token)});
    MutexLock lock(&mutex_);
    if (generation != generation_ || index_.contains(Key{hash, text})) return;
    while (!entries_.empty() &&
           (entries_.size() >= max_entries_ || bytes_ + text.size() > max_bytes_)) {
      Erase(std::prev(entries_.end()));
      ++evictions_;
    }
    entries_.splice(entries_.begin(), made);
    bytes_ += text.size();
    index_.emplace(Key{hash, entries_.front().text}, entries_.begin());
  }

  void Replace(std::shared_ptr<const TokenVerifier> verifier) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::list<Entry> forgotten;  // freed after the lock is given back
    MutexLock lock(&mutex_);
    verifier_.swap(verifier);
    ++generation_;
    index_.clear();
    entries_.swap(forgotten);
    bytes_ = 0;
  }

  std::shared_ptr<const TokenVerifier> verifier() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return verifier_;
  }

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return entries_.size();
  }

  uint64_t evictions() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    return evictions_;
  }

 private:
  struct Entry {
    uint64_t hash;
    std::string text;
    std::shared_ptr<const VerifiedToken> token;
  };

  void Erase(std::list<Entry>::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    bytes_ -= entry->text.size();
    index_.erase(Key{entry->hash, entry->text});
    entries_.erase(entry);
  }

  const size_t max_entries_;
  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::shared_ptr<const TokenVerifier> verifier_ ABSL_GUARDED_BY(mutex_);
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;   // of the verifier
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the last used one first
  absl::flat_hash_map<Key, std::list<Entry>::iterator, KeyHash> index_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

TokenCache::TokenCache(const std::shared_ptr<const TokenVerifier>& verifier, size_t max_entries)
    : seed_(RandomSeed()) {
  // A small cache has one shard, so that its bound is exact.
  while (shards_in_use_ < kShards && max_entries / (2 * shards_in_use_) >= kMinEntriesPerShard) {
    shards_in_use_ *= 2;
  }
  const size_t per_shard = std::max<size_t>(1, max_entries / shards_in_use_);
  for (size_t i = 0; i < shards_in_use_; ++i) {
    shards_[i] = std::make_unique<Shard>(verifier, per_shard);
  }
}

TokenCache::~TokenCache() = default;

TokenResult TokenCache::Verify(std::string_view compact, absl::Time now, bool* hit) {
  if (hit != nullptr) *hit = false;
  if (compact.size() > kMaxRememberedBytes) return shards_[0]->verifier()->Verify(compact, now);
  const uint64_t hash = absl::HashOf(seed_, absl::string_view(compact.data(), compact.size()));
  // Bits that the shard's own table does not begin with.
  Shard& shard = *shards_[(hash >> 52) & (shards_in_use_ - 1)];
  Shard::Lookup lookup = shard.Find(hash, compact, now);
  if (lookup.token != nullptr) {
    if (hit != nullptr) *hit = true;
    std::string algorithm(AlgorithmName(lookup.token->algorithm()));
    return {std::move(lookup.token), TokenRefusal::kNone, "", std::move(algorithm)};
  }
  TokenResult result = lookup.verifier->Verify(compact, now);
  if (result.token != nullptr) shard.Insert(hash, compact, result.token, lookup.generation);
  return result;
}

void TokenCache::Replace(const std::shared_ptr<const TokenVerifier>& verifier) {
  for (size_t i = 0; i < shards_in_use_; ++i) shards_[i]->Replace(verifier);
}

size_t TokenCache::size() const {
  size_t size = 0;
  for (size_t i = 0; i < shards_in_use_; ++i) size += shards_[i]->size();
  return size;
}

uint64_t TokenCache::evictions() const {
  uint64_t evictions = 0;
  for (size_t i = 0; i < shards_in_use_; ++i) evictions += shards_[i]->evictions();
  return evictions;
}

}  // namespace warden
