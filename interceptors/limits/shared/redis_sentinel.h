// The master of a Redis that Sentinels watch.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENTINEL_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENTINEL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

struct SentinelOptions {
  std::vector<std::string> sentinels;  // "HOST:PORT", at least one
  std::string master;                  // its name, as the Sentinels know it
  std::string username, password;      // what Sentinels ask for; "": no AUTH
};

// Finds the master as Redis' "Guidelines for Redis clients with support for Redis Sentinel" say:
// the Sentinels are asked one after the other, whoever answered last first; a server that does not
// say of itself that it is a master is not used. Not thread-safe.
class SentinelResolver {
 public:
  // `redis` is how the master is reached, but for its address; its CA and timeout are the
  // Sentinels', too. The timeout bounds each question.
  SentinelResolver(SentinelOptions sentinels, RedisOptions redis);

  // A connection to the master. Unavailable: no Sentinel answers, or none knows a master that is
  // one. Blocks; asks no further Sentinel once `stopping`.
  absl::StatusOr<std::unique_ptr<RedisConnection>> Open(const std::function<bool()>& stopping);

 private:
  // The master's address, by the word of one Sentinel.
  absl::StatusOr<std::string> Ask(const std::string& sentinel) const;
  absl::StatusOr<std::unique_ptr<RedisConnection>> OpenMaster(const std::string& address) const;

  SentinelOptions options_;
  const RedisOptions redis_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENTINEL_H_
