// Remembers what IdentityVerifier found, so that a connection's certificate is parsed once, not
// once per call.
#ifndef WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_
#define WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "authz/identity/identity_verifier.h"
#include "authz/sync/mutex.h"

namespace warden {

// Keyed by the exact bytes of the PEM. Acceptances and refusals are both remembered, except that
// the validity period is judged anew on every call, and everything is once the verifier was
// replaced or a CA or revocation list has come to the end of its time. Memory is bounded whatever
// peers send: at most `max_entries` entries (rounded up to a multiple of the shards) of at most
// kMaxKeyBytes each; longer PEMs are judged anew each time. When a shard is full, an entry that was
// not used since the last sweep goes first (second chance), so a flood of new certificates does not
// push out peers in use. Thread-safe.
class PeerCache {
 public:
  static constexpr size_t kMaxKeyBytes = 8 * 1024;

  // `max_entries` of 0 remembers nothing.
  PeerCache(IdentityVerifier verifier, size_t max_entries);
  ~PeerCache();
  PeerCache(const PeerCache&) = delete;
  PeerCache& operator=(const PeerCache&) = delete;

  // As IdentityVerifier's. `chain` is asked where the certificate is not remembered, and may be
  // null.
  IdentityVerifier::Result Verify(std::string_view leaf_pem, absl::Time now,
                                  const ChainSource* chain = nullptr);
  IdentityVerifier::Result VerifyForwarded(std::string_view header,
                                           const std::shared_ptr<const Peer>& proxy,
                                           absl::Time now);

  // From the return on, every peer is judged by `verifier`, remembered or not.
  void Replace(IdentityVerifier verifier);
  IdentityVerifier verifier() const;

  size_t size() const;

 private:
  class Shard;

  template <typename Judge>
  IdentityVerifier::Result Remember(std::string_view bytes, absl::Time now, const Judge& judge);
  std::pair<IdentityVerifier, uint64_t> Current() const;

  mutable Mutex mutex_;
  IdentityVerifier verifier_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_{0};  // of verifier_
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_PEER_CACHE_H_
