// How the configuration says that Redis is reached.
#ifndef WARDEN_INTERCEPTORS_GUARD_REDIS_H_
#define WARDEN_INTERCEPTORS_GUARD_REDIS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/config.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/limits/shared/redis_sentinel.h"
#endif

namespace warden {

// For a part that can only use a single server: adds a problem for each of `redis`' fields that
// names more. `path` is where it stands, such as "abuse.redis".
void CheckSingleRedis(const LoadedConfig& config, const v1::RedisConfig& redis,
                      std::string_view path, ProblemList* problems);

#ifdef WARDEN_WITH_REDIS
struct RedisTarget {
  RedisOptions redis;                // its address is of a single server only
  SentinelOptions sentinels;         // where it has any, these name the master
  std::vector<std::string> cluster;  // nodes; none: no Cluster
};

// What `limits.redis` says. Adds every problem. Blocks: reads files.
RedisTarget ReadLimitsRedis(const LoadedConfig& config, ProblemList* problems);

// Tries to connect once before it returns. REQUIRES: `target` was read without a problem.
std::unique_ptr<RedisSender> MakeRedisSender(RedisTarget target);
#endif

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_REDIS_H_
