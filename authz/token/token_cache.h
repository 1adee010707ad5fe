// Remembers verified tokens, so that a caller's signature is checked once and not on every call.
#ifndef WARDEN_AUTHZ_TOKEN_TOKEN_CACHE_H_
#define WARDEN_AUTHZ_TOKEN_TOKEN_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "authz/token/verifier.h"

namespace warden {

// Hears that an issuer may have newer keys than those that are known. Called on the thread of the
// call that is refused, and as often as somebody sends such tokens: it must be quick and must not
// turn each of them into work. Thread-safe.
class OutdatedKeysListener {
 public:
  virtual ~OutdatedKeysListener() = default;
  virtual void OnOutdatedKeys(size_t issuer) = 0;  // among the verifier's issuers
};

// A bounded cache in front of a TokenVerifier, keyed by the token's exact bytes. Only successes are
// remembered, so nobody without valid tokens can fill it. Every hit is checked against `now`: an
// entry is not used before its `nbf` or after its `exp`. Thread-safe; no lock is held while a
// signature is verified.
class TokenCache {
 public:
  // Bounded by `max_entries` (at least 1) and by 2 KiB of token bytes for each of them, so longer
  // tokens count for more. `listener` may be null. REQUIRES: verifier is not null.
  TokenCache(const std::shared_ptr<const TokenVerifier>& verifier, size_t max_entries,
             std::shared_ptr<OutdatedKeysListener> listener = nullptr);
  ~TokenCache();
  TokenCache(const TokenCache&) = delete;
  TokenCache& operator=(const TokenCache&) = delete;

  // As TokenVerifier::Verify. `*hit` becomes true if no signature had to be checked.
  TokenResult Verify(std::string_view compact, absl::Time now, bool* hit = nullptr);

  // Takes other keys or other rules into use and forgets every token. A Verify that begins after
  // Replace returned is answered by the new verifier alone; one that is under way may still be
  // answered by the old one, and its result is then not remembered.
  void Replace(const std::shared_ptr<const TokenVerifier>& verifier);

  // As Replace with a verifier that differs only in keys (TokenVerifier::WithKeys): tokens whose
  // key is still trusted stay remembered. The others are not used again; they make room as they are
  // asked for, or as the least recently used ones.
  void ReplaceKeys(const std::shared_ptr<const TokenVerifier>& verifier);

  size_t size() const;
  uint64_t evictions() const;  // entries that made room for others, so far

 private:
  class Shard;

  void Report(const TokenResult& result) const;

  static constexpr size_t kShards = 32;
  const uint64_t seed_;
  const std::shared_ptr<OutdatedKeysListener> listener_;
  size_t shards_in_use_ = 1;  // a power of two
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_TOKEN_CACHE_H_
