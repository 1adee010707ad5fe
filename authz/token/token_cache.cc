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

  // Of the verifier: how often it was changed, and in what.
  struct Generation {
    uint64_t rules = 0;
    uint64_t keys = 0;
  };

  struct Lookup {
    std::shared_ptr<const VerifiedToken> token;     // or, where it is null:
    std::shared_ptr<const TokenVerifier> verifier;  // who has to look at the text
    Generation generation;
  };

  Lookup Find(uint64_t hash, std::string_view text, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    const auto found = index_.find(Key{hash, text});
    if (found != index_.end()) {
      const auto entry = found->second;
      if (!KeyIsTrusted(*entry)) {
        Erase(entry);
      } else if (entry->token->ValidAt(now)) {
        entries_.splice(entries_.begin(), entries_, entry);
        return {entry->token, nullptr, {}};
      } else if (now >= entry->token->valid_until()) {
        Erase(entry);
      }
    }
    return {nullptr, verifier_, generation_};
  }

  void Insert(uint64_t hash, std::string_view text, std::shared_ptr<const VerifiedToken> token,
              Generation generation) ABSL_LOCKS_EXCLUDED(mutex_) {
    std::list<Entry> made;  // allocated before the lock is taken
    made.push_back({hash, std::string(text), std::move(token), generation.keys});
    MutexLock lock(&mutex_);
    if (generation.rules != generation_.rules || index_.contains(Key{hash, text})) return;
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
    ++generation_.rules;
    index_.clear();
    entries_.swap(forgotten);
    bytes_ = 0;
  }

  void ReplaceKeys(std::shared_ptr<const TokenVerifier> verifier) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    verifier_.swap(verifier);
    ++generation_.keys;
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
    uint64_t keys;  // the generation of keys that its own was last found in
  };

  // Looks at the keys again where they were changed since.
  bool KeyIsTrusted(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (entry.keys == generation_.keys) return true;
    if (!verifier_->StillTrusts(*entry.token)) return false;
    entry.keys = generation_.keys;
    return true;
  }

  void Erase(std::list<Entry>::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    bytes_ -= entry->text.size();
    index_.erase(Key{entry->hash, entry->text});
    entries_.erase(entry);
  }

  const size_t max_entries_;
  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::shared_ptr<const TokenVerifier> verifier_ ABSL_GUARDED_BY(mutex_);
  Generation generation_ ABSL_GUARDED_BY(mutex_);
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the last used one first
  absl::flat_hash_map<Key, std::list<Entry>::iterator, KeyHash> index_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

TokenCache::TokenCache(const std::shared_ptr<const TokenVerifier>& verifier, size_t max_entries,
                       std::shared_ptr<OutdatedKeysListener> listener)
    : seed_(RandomSeed()), listener_(std::move(listener)) {
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
  if (compact.size() > kMaxRememberedBytes) {
    TokenResult result = shards_[0]->verifier()->Verify(compact, now);
    Report(result);
    return result;
  }
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
  Report(result);
  return result;
}

void TokenCache::Report(const TokenResult& result) const {
  if (listener_ == nullptr || !result.outdated_issuer.has_value()) return;
  listener_->OnOutdatedKeys(*result.outdated_issuer);
}

void TokenCache::Replace(const std::shared_ptr<const TokenVerifier>& verifier) {
  for (size_t i = 0; i < shards_in_use_; ++i) shards_[i]->Replace(verifier);
}

void TokenCache::ReplaceKeys(const std::shared_ptr<const TokenVerifier>& verifier) {
  for (size_t i = 0; i < shards_in_use_; ++i) shards_[i]->ReplaceKeys(verifier);
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
