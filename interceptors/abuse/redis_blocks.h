// A block list in Redis that many servers share: the list `blocks` of redis_change_log.h.
#ifndef WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_
#define WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "interceptors/abuse/block.h"
#include "interceptors/revocation/redis_change_log.h"

namespace warden {

struct BlockChange {
  Block block;  // only the key counts where `lifted`
  bool lifted = false;
};

// Thread-safety and errors as RedisChangeLog.
class RedisBlocks {
 public:
  RedisBlocks(RedisOptions options, std::string key_prefix, size_t max_entries);

  absl::StatusOr<ChangeLogState> ReadState() { return log_.ReadState(); }
  absl::StatusOr<ChangePage<BlockChange>> ReadChanges(int64_t after);

  // What the list then has: of two blocks with one key the one that lasts longer.
  // ResourceExhausted: it has max_entries.
  absl::StatusOr<Block> Add(const Block& block);
  // Whether it was there. It is recorded as lifted in any case.
  absl::StatusOr<bool> Lift(const BlockKey& key);

 private:
  RedisChangeLog log_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_
