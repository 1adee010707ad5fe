// A block list in Redis that many servers share.
//
// Under the key prefix (`warden:` by default) stand, all in one slot of a cluster:
//   {blocks}:entries   hash: encoded key -> the entry, or "lifted"
//   {blocks}:log       sorted set: encoded key, by the version of its last change
//   {blocks}:expiry    sorted set: encoded key, by when it may be forgotten
//   {blocks}:meta      hash: epoch (random, made with the list) and version (of the last change)
// Every write is one script, so one change. Versions are times in microseconds of the server's
// clock that never go back.
#ifndef WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_
#define WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/abuse/block.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

struct BlockChange {
  Block block;  // only the key counts where `lifted`
  bool lifted = false;
};

// Which list it is, and how far it has come. A list that has never been written to has "" and 0.
struct SharedBlocksState {
  std::string epoch;
  int64_t version = 0;
};

struct BlockChanges {
  std::vector<BlockChange> changes;  // in the order of their versions
  int64_t last = 0;                  // the version to go on after
  bool more = false;
};

// Not thread-safe. Connects when it has to; what fails is Unavailable, a list that cannot be
// understood is DataLoss, and the next call connects anew.
class RedisBlocks {
 public:
  RedisBlocks(RedisOptions options, std::string key_prefix, size_t max_entries);

  absl::StatusOr<SharedBlocksState> ReadState();
  // The changes after a version, oldest first; 0 reads the whole list, page by page.
  absl::StatusOr<BlockChanges> ReadChanges(int64_t after);

  // What the list then has: of two blocks with one key the one that lasts longer.
  // ResourceExhausted: it has max_entries.
  absl::StatusOr<Block> Add(const Block& block);
  // Whether it was there. It is recorded as lifted in any case: a server may still have it although
  // Redis has lost it.
  absl::StatusOr<bool> Lift(const BlockKey& key);

 private:
  absl::StatusOr<RedisReply> Run(const std::vector<std::string>& command);
  absl::StatusOr<RedisReply> Write(const std::vector<std::string>& arguments);
  std::string Name(const char* what) const;

  const RedisOptions options_;
  const std::string prefix_;
  const size_t max_entries_;
  std::unique_ptr<RedisConnection> connection_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_REDIS_BLOCKS_H_
