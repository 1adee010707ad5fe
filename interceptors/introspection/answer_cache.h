// Remembers for a short time what an authorization server said of tokens.
#ifndef WARDEN_INTERCEPTORS_INTROSPECTION_ANSWER_CACHE_H_
#define WARDEN_INTERCEPTORS_INTROSPECTION_ANSWER_CACHE_H_

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "authz/token/verifier.h"

namespace warden {

// Keyed by the SHA-256 of the token, so no token lies in its memory. Good and bad answers have
// room apart: whoever makes tokens up pushes out other made-up ones only. Within each, the entry
// longest unused goes first. Thread-safe, sharded.
class AnswerCache {
 public:
  // Up to `max_entries` good answers (rounded up to a multiple of the shards) and a quarter as many
  // bad ones.
  explicit AnswerCache(size_t max_entries);
  ~AnswerCache();
  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  // SHA-256 of the token: 32 bytes.
  static std::string KeyOf(std::string_view token);

  std::optional<TokenResult> Find(const std::string& key, absl::Time now);
  void Insert(const std::string& key, const TokenResult& result, absl::Time now,
              absl::Duration lifetime);

  size_t size() const;

 private:
  class Shard;
  static constexpr size_t kShards = 16;
  Shard& ShardOf(const std::string& key) const;

  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_INTROSPECTION_ANSWER_CACHE_H_
