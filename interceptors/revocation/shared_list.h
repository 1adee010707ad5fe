// Keeps this server's copy of the shared list of revocations up to date.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_
#define WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "authz/revocation/revocations.h"
#include "authz/sync/mutex.h"
#include "interceptors/revocation/background.h"
#include "interceptors/revocation/redis_revocations.h"
#include "interceptors/revocation/revocation_store.h"

namespace warden {

struct SharedListOptions {
  RedisOptions redis;
  std::string key_prefix = "warden:";
  size_t max_entries = 1'000'000;
  absl::Duration poll_interval = absl::Milliseconds(250);
};

// Asks the server in a thread of its own, `poll_interval` after each answer; after failures at most
// each two seconds. What this server once knew it forgets only when it expires or is lifted: a
// Redis that has lost its data takes nothing back. Thread-safe.
class SharedList final : public RevocationStore {
 public:
  // `list` must outlive it.
  SharedList(SharedListOptions options, Revocations* list);
  ~SharedList() override;

  // Reads the list once, or fails within some seconds, and starts the thread.
  void Start();

  // Steady clock, in nanoseconds: when the whole list was last known to be up to date. INT64_MIN:
  // never.
  int64_t last_sync_ns() const { return last_sync_ns_.load(std::memory_order_acquire); }
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  // How often Redis came back with an older list, or another one.
  uint64_t rollbacks() const { return rollbacks_.load(std::memory_order_relaxed); }

  absl::StatusOr<Revocation> Revoke(const Revocation& revocation, absl::Time now) override;
  absl::Status Lift(const RevocationKey& key, absl::Time now) override;

 private:
  absl::Duration SyncOnce();
  absl::Status Sync();

  const SharedListOptions options_;
  Revocations* const list_;
  std::atomic<int64_t> last_sync_ns_;
  std::atomic<uint64_t> failures_{0};
  std::atomic<uint64_t> rollbacks_{0};

  // Of the thread.
  RedisRevocations reader_;
  SharedListState seen_;  // `version`: every change up to it was applied
  int failures_in_row_ = 0;
  std::minstd_rand jitter_;

  Mutex write_mutex_;
  RedisRevocations writer_ ABSL_GUARDED_BY(write_mutex_);
  std::unique_ptr<Background> thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_SHARED_LIST_H_
