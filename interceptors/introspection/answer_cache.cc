#include "interceptors/introspection/answer_cache.h"

#include <openssl/sha.h>

#include <algorithm>
#include <utility>

namespace warden {
namespace {

struct Entry {
  std::string key;
  TokenResult result;
  absl::Time inserted, until;
};

// A bounded map in the order of use.
class Lru {
 public:
  explicit Lru(size_t most) : most_(most) {}

  const TokenResult* Find(const std::string& key, absl::Time now) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    const auto entry = found->second;
    // Before `inserted` the clock was set back: how old the answer is, is not known any more.
    if (now >= entry->until || now < entry->inserted) {
      by_key_.erase(found);
      entries_.erase(entry);
      return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->result;
  }

  void Insert(Entry entry) {
    Erase(entry.key);
    if (entries_.size() >= most_) Erase(std::string(entries_.back().key));
    entries_.push_front(std::move(entry));
    by_key_[entries_.front().key] = entries_.begin();
  }

  void Erase(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto entry = found->second;
    by_key_.erase(found);
    entries_.erase(entry);
  }

  size_t size() const { return entries_.size(); }

 private:
  const size_t most_;
  std::list<Entry> entries_;
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace

class AnswerCache::Shard {
 public:
  Shard(size_t most_good, size_t most_bad) : good_(most_good), bad_(most_bad) {}

  std::optional<TokenResult> Find(const std::string& key, absl::Time now) {
    MutexLock lock(&mutex_);
    const TokenResult* result = good_.Find(key, now);
    if (result == nullptr) result = bad_.Find(key, now);
    if (result == nullptr) return std::nullopt;
    return *result;
  }

  void Insert(Entry entry) {
    MutexLock lock(&mutex_);
    const bool is_good = entry.result.token != nullptr;
    (is_good ? bad_ : good_).Erase(entry.key);
    (is_good ? good_ : bad_).Insert(std::move(entry));
  }

  size_t size() const {
    MutexLock lock(&mutex_);
    return good_.size() + bad_.size();
  }

 private:
  mutable Mutex mutex_;
  Lru good_ ABSL_GUARDED_BY(mutex_);
  Lru bad_ ABSL_GUARDED_BY(mutex_);
};

AnswerCache::AnswerCache(size_t max_entries) {
  const size_t good = std::max<size_t>((max_entries + kShards - 1) / kShards, 1);
  for (auto& shard : shards_) shard = std::make_unique<Shard>(good, std::max<size_t>(good / 4, 1));
}

AnswerCache::~AnswerCache() = default;

std::string AnswerCache::KeyOf(std::string_view token) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

AnswerCache::Shard& AnswerCache::ShardOf(const std::string& key) const {
  return *shards_[static_cast<unsigned char>(key.front()) % kShards];
}

std::optional<TokenResult> AnswerCache::Find(const std::string& key, absl::Time now) {
  std::optional<TokenResult> result = ShardOf(key).Find(key, now);
  if (result.has_value() && result->token != nullptr && !result->token->ValidAt(now)) {
    return std::nullopt;  // asked again, since the server may have renewed it
  }
  return result;
}

void AnswerCache::Insert(const std::string& key, const TokenResult& result, absl::Time now,
                         absl::Duration lifetime) {
  if (lifetime <= absl::ZeroDuration()) return;
  ShardOf(key).Insert({.key = key, .result = result, .inserted = now, .until = now + lifetime});
}

size_t AnswerCache::size() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->size();
  return total;
}

}  // namespace warden
