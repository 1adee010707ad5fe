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

  bool Find(const HashedKey& key, uint64_t generation, absl::Time now,
            IdentityVerifier::Result* out) {
    MutexLock lock(&mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return false;
    Entry& entry = *entries_[at->second];
    if (entry.generation != generation || now < entry.result.from || now >= entry.result.until) {
      return false;
    }
    entry.used = true;
    *out = entry.result;
    return true;
  }

  void Insert(const HashedKey& key, uint64_t generation, const IdentityVerifier::Result& result) {
    auto entry = std::make_unique<Entry>(Entry{std::string(key.pem), key.hash, generation, result});
    MutexLock lock(&mutex_);
    if (const auto at = index_.find(key); at != index_.end()) {
      // Judged anew, unless another thread was first or knew more.
      Entry& old = *entries_[at->second];
      if (old.generation > generation) return;
      old.generation = generation;
      old.result = std::move(entry->result);
      return;
    }
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
    uint64_t generation;
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

template <typename Judge>
IdentityVerifier::Result PeerCache::Remember(std::string_view bytes, absl::Time now,
                                             const Judge& judge) {
  const size_t hash = absl::Hash<std::string_view>()(bytes);
  const HashedKey key = {bytes, hash};
  Shard* const shard = shards_.empty() || bytes.size() > kMaxKeyBytes
                           ? nullptr
                           : shards_[(hash >> 32) % shards_.size()].get();
  IdentityVerifier::Result result;
  if (shard == nullptr ||
      !shard->Find(key, generation_.load(std::memory_order_acquire), now, &result)) {
    const auto [verifier, generation] = Current();
    result = judge(verifier);
    if (shard != nullptr) shard->Insert(key, generation, result);
  }
  IdentityVerifier::ApplyValidity(now, &result);
  return result;
}

IdentityVerifier::Result PeerCache::Verify(std::string_view leaf_pem, absl::Time now,
                                           const ChainSource* chain) {
  return Remember(leaf_pem, now, [&](const IdentityVerifier& verifier) {
    return verifier.Judge(leaf_pem, now, chain);
  });
}

IdentityVerifier::Result PeerCache::VerifyForwarded(std::string_view header,
                                                    const std::shared_ptr<const Peer>& proxy,
                                                    absl::Time now) {
  // No PEM begins with a NUL, and the fingerprint has a fixed length.
  std::string key(1, '\0');
  key.append(proxy->certificate_sha256).append(header);
  return Remember(key, now, [&](const IdentityVerifier& verifier) {
    return verifier.JudgeForwarded(header, proxy);
  });
}

void PeerCache::Replace(IdentityVerifier verifier) {
  MutexLock lock(&mutex_);
  verifier_ = std::move(verifier);
  generation_.fetch_add(1, std::memory_order_release);
}

std::pair<IdentityVerifier, uint64_t> PeerCache::Current() const {
  MutexLock lock(&mutex_);
  return {verifier_, generation_.load(std::memory_order_relaxed)};
}

IdentityVerifier PeerCache::verifier() const { return Current().first; }

size_t PeerCache::size() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->size();
  return total;
}

}  // namespace warden
