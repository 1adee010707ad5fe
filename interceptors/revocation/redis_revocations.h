// A list of revocations in Redis that many servers share.
//
// Under the key prefix (`warden:` by default) stand, all in one slot of a cluster:
//   {revocations}:entries   hash: key of the entry -> the entry, or "lifted"
//   {revocations}:log       sorted set: key of the entry, by the version of its last change
//   {revocations}:expiry    sorted set: key of the entry, by its time of expiry
//   {revocations}:lifted    sorted set: keys that were lifted, by version
//   {revocations}:meta      hash: epoch (random, made with the list) and version (of the last
//   change)
// Every write is one script, so one change. Versions are times in microseconds of the server's
// clock that never go back, which orders the changes of one key even over a loss of data.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/revocation/revocation.h"
#include "authz/revocation/revocations.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

// Which list it is, and how far it has come. A list that has never been written to has "" and 0.
struct SharedListState {
  std::string epoch;
  int64_t version = 0;
};

struct SharedListPage {
  std::vector<RevocationChange> changes;  // in the order of their versions
  int64_t last = 0;                       // the version to go on after
  bool more = false;
};

// Not thread-safe. Connects when it has to; what fails is Unavailable, a list that cannot be
// understood is DataLoss, and the next call connects anew.
class RedisRevocations {
 public:
  RedisRevocations(RedisOptions options, std::string key_prefix, size_t max_entries);

  absl::StatusOr<SharedListState> ReadState();
  // The changes after a version, oldest first; 0 reads the whole list, page by page.
  absl::StatusOr<SharedListPage> ReadChanges(int64_t after);

  // What the list then has. ResourceExhausted: it has max_entries.
  absl::StatusOr<RevocationChange> Revoke(const Revocation& revocation);
  // `*found` tells whether it was there. It is recorded as lifted in any case: a server may still
  // have it although Redis has lost it.
  absl::StatusOr<RevocationChange> Lift(const RevocationKey& key, bool* found);

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

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_
