// Takes from a shared store several calls' worth at a time, and gives it out here.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_LEASES_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_LEASES_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/shared/shared_store.h"
#include "interceptors/limits/siphash.h"

namespace warden {

// Stands before a store. An ask with `up_to` that comes alone is answered from what was leased;
// where that does not do, up to so much is taken, once for all that come meanwhile. Of each bucket
// at most `up_to` is held, and what was not given out within `per` is forgotten: that is what a
// process can admit too many in one `per`. What is forgotten was charged all the same, so in the
// long run never are more admitted. Bounded memory: without room nothing is leased. Thread-safe.
class LeasingStore final : public SharedLimitStore {
 public:
  static constexpr size_t kMaxLeases = 65536;

  // `now_ns` is a monotonic clock.
  LeasingStore(std::shared_ptr<SharedLimitStore> store, std::function<int64_t()> now_ns);

  void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) override;

 private:
  static constexpr size_t kShards = 16;
  struct Waiter {
    SharedAsk ask;
    std::function<void(Answer)> then;
  };
  struct Lease {
    uint32_t left = 0;
    int64_t end_ns = 0;
    int64_t reset_ns = 0;   // as the store said it
    bool fetching = false;  // more was asked for
    std::vector<Waiter> waiting;
  };
  struct HashOf {
    size_t operator()(const Hash128& hash) const { return static_cast<size_t>(hash.low); }
  };
  struct alignas(64) Shard {
    Mutex mutex;
    absl::flat_hash_map<Hash128, Lease, HashOf> leases ABSL_GUARDED_BY(mutex);
    int64_t next_sweep_ns ABSL_GUARDED_BY(mutex) = 0;
  };

  enum class Way : uint8_t { kGiven, kWaits, kFetch, kNoRoom };
  // kGiven: `answer` says so. kWaits: `waiter` was taken.
  Way Begin(const Hash128& bucket, Waiter* waiter, SharedDecision* answer);
  void Fetch(const Hash128& bucket, Waiter waiter);
  void Fetched(const Hash128& bucket, const Waiter& waiter, Answer answer);
  // From what is left, and not after its end.
  static bool Give(Lease* lease, uint32_t cost, int64_t now_ns, SharedDecision* answer);
  Shard& ShardOf(const Hash128& bucket) { return shards_[bucket.high % kShards]; }

  const std::shared_ptr<SharedLimitStore> store_;
  const std::function<int64_t()> now_ns_;
  const SipKey hash_key_;
  std::array<Shard, kShards> shards_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_LEASES_H_
