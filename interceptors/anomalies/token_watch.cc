#include "interceptors/anomalies/token_watch.h"

#include <algorithm>

namespace warden {

TokenWatch::TokenWatch(int64_t window_ns) : window_ns_(window_ns), hash_key_(SipKey::Random()) {
  for (Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    shard.bins.resize(kBins);
  }
}

bool TokenWatch::UsedByOther(std::string_view issuer, std::string_view token_id,
                             std::string_view peer, int64_t now_ns) {
  // Two hashes rather than a joined text, which would need memory.
  const uint64_t issuer_hash = SipHash128(hash_key_, 0, issuer).low;
  const Hash128 hash = SipHash128(hash_key_, issuer_hash, token_id);
  const uint64_t token = std::max<uint64_t>(hash.low, 1);
  const uint64_t holder = SipHash128(hash_key_, 1, peer).low;
  Shard& shard = shards_[hash.high % kShards];
  MutexLock lock(&shard.mutex);
  std::array<Use, kWays>& bin = shard.bins[(hash.high / kShards) % kBins];
  Use* oldest = bin.data();
  for (Use& use : bin) {
    if (use.token == token) {
      use.last_ns = std::max(use.last_ns, now_ns);
      if (use.peer == holder) return false;
      if (use.reported_ns != 0 && now_ns - use.reported_ns < window_ns_) return false;
      use.reported_ns = std::max<int64_t>(now_ns, 1);
      return true;
    }
    if (use.token == 0 ? oldest->token != 0 : oldest->token != 0 && use.last_ns < oldest->last_ns) {
      oldest = &use;
    }
  }
  *oldest = {.token = token, .peer = holder, .last_ns = now_ns};
  return false;
}

}  // namespace warden
