#include "authz/identity/peer_cache.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "authz/sync/mutex.h"

namespace warden {
namespace {

constexpr size_t kMaxShards = 16;

struct HashedKey {
  std::string_view pem;
  size_t hash;
};

}  // namespace

// Entries stand in a fixed ring, by which the eviction's hand goes round, and are found by an
// index.
class PeerCache::Shard {
 public:
  explicit Shard(size_t max_entries) : max_entries_(max_entries) {}

  bool Find(const HashedKey& key, IdentityVerifier::Result* out) {
    MutexLock lock(&mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return false;
    Entry& entry = *entries_[at->second];
    entry.used = true;
    *out = entry.result;
    return true;
  }

  void Insert(const HashedKey& key, const IdentityVerifier::Result& result) {
    auto entry = std::make_unique<Entry>(Entry{std::string(key.pem), key.hash, result});
    MutexLock lock(&mutex_);
    if (index_.contains(key)) return;  // another thread was first
    size_t place = entries_.size();
    if (place < max_entries_) {
      entries_.push_back(nullptr);
    } else {
      place = FindVictim();
      index_.erase(KeyOf(*entries_[place]));
    }
    entries_[place] = std::move(entry);
    index_.emplace(KeyOf(*entries_[place]), place);
  }

  size_t size() const {
    MutexLock lock(&mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::string pem;
    size_t hash;
    IdentityVerifier::Result result;
    bool used = false;  // since the hand passed
  };
  struct Hash {
    size_t operator()(const HashedKey& key) const { return key.hash; }
  };
  struct Equal {
    bool operator()(const HashedKey& a, const HashedKey& b) const { return a.pem == b.pem; }
  };

  static HashedKey KeyOf(const Entry& entry) { return {entry.pem, entry.hash}; }

  // Ends after two rounds at most: the first one clears every mark.
  size_t FindVictim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (true) {
      const size_t place = hand_;
      hand_ = (hand_ + 1) % entries_.size();
      if (!entries_[place]->used) return place;
      entries_[place]->used = false;
    }
  }

  const size_t max_entries_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<HashedKey, size_t, Hash, Equal> index_ ABSL_GUARDED_BY(mutex_);
  size_t hand_ ABSL_GUARDED_BY(mutex_) = 0;
};

PeerCache::PeerCache(IdentityVerifier verifier, size_t max_entries)
    : verifier_(std::move(verifier)) {
  if (max_entries == 0) return;
  // Small caches get few shards, so that the bound stays close to what was asked for.
  const size_t shards = std::clamp<size_t>(max_entries / 64, 1, kMaxShards);
  const size_t per_shard = (max_entries + shards - 1) / shards;
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(per_shard));
}

PeerCache::~PeerCache() = default;

IdentityVerifier::Result PeerCache::Verify(std::string_view leaf_pem, absl::Time now) {
  if (shards_.empty() || leaf_pem.size() > kMaxKeyBytes) return verifier_.Verify(leaf_pem, now);
  const size_t hash = absl::Hash<std::string_view>()(leaf_pem);
  Shard& shard = *shards_[(hash >> 32) % shards_.size()];
  const HashedKey key = {leaf_pem, hash};
  IdentityVerifier::Result result;
  if (!shard.Find(key, &result)) {
    result = verifier_.VerifyNames(leaf_pem);
    shard.Insert(key, result);
  }
  if (!result.ok()) return result;
  const IdentityRefusal refusal = IdentityVerifier::CheckValidity(*result.peer, now);
  if (refusal != IdentityRefusal::kNone) {
    return IdentityVerifier::RefuseValidity(*result.peer, refusal);
  }
  return result;
}

size_t PeerCache::size() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->size();
  return total;
}

}  // namespace warden
