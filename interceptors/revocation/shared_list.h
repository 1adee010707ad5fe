// Keeps this server's copy of the shared list of revocations up to date.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_
#define WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "authz/revocation/revocations.h"
#include "authz/sync/mutex.h"
#include "interceptors/revocation/redis_revocations.h"
#include "interceptors/revocation/revocation_store.h"
#include "interceptors/revocation/sync_loop.h"

namespace warden {

struct SharedListOptions {
  RedisOptions redis;
  std::string key_prefix = "warden:";
  size_t max_entries = 1'000'000;
  absl::Duration poll_interval = absl::Milliseconds(250);
};

// Asks Redis as often as SyncLoop says. What this server once knew it forgets only when it expires
// or is lifted: a Redis that has lost its data takes nothing back. Thread-safe.
class SharedList final : public RevocationStore {
 public:
  // `list` must outlive it.
  SharedList(SharedListOptions options, Revocations* list);

  // Reads the list once, or fails within some seconds, and starts the thread.
  void Start();

  // Steady clock, in nanoseconds: when the whole list was last known to be up to date. INT64_MIN:
  // never.
  int64_t last_sync_ns() const { return loop_.last_sync_ns(); }
  uint64_t failures() const { return loop_.failures(); }
  // How often Redis came back with an older list, or another one.
  uint64_t rollbacks() const { return rollbacks_.load(std::memory_order_relaxed); }

  absl::StatusOr<Revocation> Revoke(const Revocation& revocation, absl::Time now) override;
  absl::Status Lift(const RevocationKey& key, absl::Time now) override;

 private:
  absl::Status Sync();

  Revocations* const list_;
  std::atomic<uint64_t> rollbacks_{0};

  // Of the loop.
  RedisRevocations reader_;
  ChangeLogState seen_;  // `version`: every change up to it was applied

  Mutex write_mutex_;
  RedisRevocations writer_ ABSL_GUARDED_BY(write_mutex_);
  SyncLoop loop_;  // the last, so that it ends before what it uses
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_
