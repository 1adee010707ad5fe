// Keeps a server's copy of something that servers share up to date.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_SYNC_LOOP_H_
#define WARDEN_INTERCEPTORS_REVOCATION_SYNC_LOOP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "interceptors/revocation/background.h"

namespace warden {

struct SyncLoopOptions {
  absl::Duration poll_interval = absl::Milliseconds(250);
  // Lines for operators: at the first failure, before what has failed; at the first success after.
  std::string failing;
  std::string recovered;
};

// Syncs in a thread of its own, `poll_interval` after each success; after failures at most each two
// seconds. Its destructor waits for what is being done, so whoever has it as a member has it last.
// Start is not thread-safe, the rest is.
class SyncLoop {
 public:
  explicit SyncLoop(SyncLoopOptions options);

  // Calls `sync` once, and starts the thread, which alone calls it from then on.
  void Start(std::function<absl::Status()> sync);

  // Steady clock, in nanoseconds: when `sync` that then succeeded last began. INT64_MIN: never.
  int64_t last_sync_ns() const { return last_sync_ns_.load(std::memory_order_acquire); }
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  absl::Duration SyncOnce();

  const SyncLoopOptions options_;
  std::atomic<int64_t> last_sync_ns_{std::numeric_limits<int64_t>::min()};
  std::atomic<uint64_t> failures_{0};

  // Of the thread.
  std::function<absl::Status()> sync_;
  int failures_in_row_ = 0;
  std::minstd_rand jitter_;

  std::unique_ptr<Background> thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_SYNC_LOOP_H_
