// Who has used which token, in bounded memory.
#ifndef WARDEN_INTERCEPTORS_ANOMALIES_TOKEN_WATCH_H_
#define WARDEN_INTERCEPTORS_ANOMALIES_TOKEN_WATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/siphash.h"

namespace warden {

// Remembers of each token the peer that used it first, for the tokens used last: some 65536 of
// them, in 1.5 MiB. Neither tokens nor peers are kept, only keyed hashes. Time is a parameter, of
// the steady clock. Thread-safe; a look-up locks one of many mutexes and allocates nothing.
class TokenWatch {
 public:
  // The same token is reported once in `window_ns`.
  explicit TokenWatch(int64_t window_ns);

  // Whether another peer has used the token before, and nothing was said of it in this window.
  bool UsedByOther(std::string_view issuer, std::string_view token_id, std::string_view peer,
                   int64_t now_ns);

 private:
  static constexpr size_t kShards = 64;
  static constexpr size_t kBins = 128;  // of each shard
  static constexpr size_t kWays = 8;
  struct Use {
    uint64_t token = 0;  // 0: empty
    uint64_t peer = 0;
    int64_t last_ns = 0;
    int64_t reported_ns = 0;  // 0: never
  };
  struct alignas(64) Shard {
    Mutex mutex;
    std::vector<std::array<Use, kWays>> bins ABSL_GUARDED_BY(mutex);
  };

  const int64_t window_ns_;
  const SipKey hash_key_;
  std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ANOMALIES_TOKEN_WATCH_H_
