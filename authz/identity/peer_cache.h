// Remembers what IdentityVerifier found, so that a connection's certificate is parsed once, not
// once per call.
#ifndef WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_
#define WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/identity/identity_verifier.h"

namespace warden {

// Keyed by the exact bytes of the PEM. Acceptances and refusals are both remembered, except that
// the validity period is judged anew on every call. Memory is bounded whatever peers send: at most
// `max_entries` entries (rounded up to a multiple of the shards) of at most kMaxKeyBytes each;
// longer PEMs are judged anew each time. When a shard is full, an entry that was not used since the
// last sweep goes first (second chance), so a flood of new certificates does not push out peers in
// use. Thread-safe.
class PeerCache {
 public:
  static constexpr size_t kMaxKeyBytes = 8 * 1024;

  // `max_entries` of 0 remembers nothing.
  PeerCache(IdentityVerifier verifier, size_t max_entries);
  ~PeerCache();
  PeerCache(const PeerCache&) = delete;
  PeerCache& operator=(const PeerCache&) = delete;

  // As IdentityVerifier::Verify.
  IdentityVerifier::Result Verify(std::string_view leaf_pem, absl::Time now);

  size_t size() const;

 private:
  class Shard;

  IdentityVerifier verifier_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_
