// What each caller was refused lately, and whether that looks like an attack; in bounded memory.
#ifndef WARDEN_INTERCEPTORS_ANOMALIES_PEER_WATCH_H_
#define WARDEN_INTERCEPTORS_ANOMALIES_PEER_WATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/siphash.h"

namespace warden {

struct PeerWatchOptions {
  int64_t window_ns = 300'000'000'000;
  // Each is off where 0.
  uint32_t subjects = 0;         // different ones in a window
  uint32_t methods = 0;          // likewise
  uint32_t refusals_factor = 0;  // times the usual number in a window
  size_t max_peers = 16384;
};

// What is known of one refused call. Texts of strangers are hashed at once, and not kept.
struct RefusedCall {
  std::string_view subject;  // of the wrong credentials; "" where none was named
  std::string_view method;   // that was refused; "" where that says nothing
};

// Which limits a call was the first to reach in its caller's window.
struct PeerFindings {
  bool subjects = false, methods = false, refusals = false;
};

// The peers heard of last are kept; the usual number of refusals is an exponentially weighted mean
// over windows, of which kMinWindows must have gone by, and a number below kMinRefusals is never
// too many. Time is a parameter, of the steady clock. Thread-safe.
class PeerWatch {
 public:
  static constexpr uint32_t kMinWindows = 3;
  static constexpr uint32_t kMinRefusals = 20;
  static constexpr uint32_t kMostDistinct = 1024;  // what `subjects` and `methods` can be

  explicit PeerWatch(const PeerWatchOptions& options);

  PeerFindings Refused(std::string_view peer, const RefusedCall& call, int64_t now_ns);
  size_t size() const;

 private:
  using Hashes = std::vector<uint64_t>;
  struct History {
    int64_t window_begin_ns = 0;
    uint32_t windows = 0;  // that have ended
    uint32_t refusals = 0;
    double usual = 0;
    bool refusals_found = false;
    Hashes subjects, methods;  // never more than the options' numbers
  };
  using Entry = std::pair<uint64_t, History>;
  struct alignas(64) Shard {
    mutable Mutex mutex;
    std::list<Entry> recent ABSL_GUARDED_BY(mutex);  // the last one heard of first
    absl::flat_hash_map<uint64_t, std::list<Entry>::iterator> by_peer ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;

  History& Find(Shard* shard, uint64_t peer, int64_t now_ns)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);
  void Advance(History* history, int64_t now_ns) const;
  bool Distinct(Hashes* hashes, std::string_view text, uint32_t most) const;

  const PeerWatchOptions options_;
  const SipKey hash_key_;
  std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ANOMALIES_PEER_WATCH_H_
