// Keeps this server's copy of the shared block list up to date, and shares its penalties.
#ifndef WARDEN_INTERCEPTORS_ABUSE_SHARED_BLOCKS_H_
#define WARDEN_INTERCEPTORS_ABUSE_SHARED_BLOCKS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/abuse/block_list.h"
#include "interceptors/abuse/redis_blocks.h"
#include "interceptors/revocation/sync_loop.h"

namespace warden {

struct SharedBlocksOptions {
  RedisOptions redis;
  std::string key_prefix = "warden:";
  size_t max_entries = 262144;
  absl::Duration poll_interval = absl::Milliseconds(250);
};

// Asks Redis as often as SyncLoop says. While that is out of reach this server enforces what it
// knows, and keeps what it has to share. What it once knew it forgets only when it expires or is
// lifted: a Redis that has lost its data lets nobody in. Thread-safe.
class SharedBlocks {
 public:
  // `list` must outlive it. `lifted` hears of keys that were lifted, by whatever server.
  SharedBlocks(SharedBlocksOptions options, BlockList* list,
               std::function<void(const BlockKey&)> lifted);

  // Reads the list once, or fails within some seconds, and starts the thread.
  void Start();

  // In effect here and in Redis when it returns. Errors as RedisBlocks.
  absl::StatusOr<Block> Add(const Block& block);
  // NotFound where neither Redis nor this server has it.
  absl::Status Lift(const BlockKey& key);

  // Has the thread write it soon. At most kMaxQueued wait; of more the oldest are not shared.
  void Push(const Block& block);
  static constexpr size_t kMaxQueued = 4096;

  // Steady clock, in nanoseconds: when the whole list was last known to be up to date. INT64_MIN:
  // never.
  int64_t last_sync_ns() const { return loop_.last_sync_ns(); }
  uint64_t failures() const { return loop_.failures(); }
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  absl::Status Sync();
  absl::Status WriteQueued();
  absl::Status Apply(const BlockChange& change);

  BlockList* const list_;
  const std::function<void(const BlockKey&)> lifted_;
  std::atomic<uint64_t> dropped_{0};

  // Of the loop.
  RedisBlocks reader_;
  ChangeLogState seen_;  // `version`: every change up to it was applied

  Mutex queue_mutex_;
  std::deque<Block> queue_ ABSL_GUARDED_BY(queue_mutex_);
  Mutex write_mutex_;
  RedisBlocks writer_ ABSL_GUARDED_BY(write_mutex_);
  SyncLoop loop_;  // the last, so that it ends before what it uses
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_SHARED_BLOCKS_H_
