// How the configuration says that Redis is reached.
#ifndef WARDEN_INTERCEPTORS_GUARD_REDIS_H_
#define WARDEN_INTERCEPTORS_GUARD_REDIS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "interceptors/config.h"
#ifdef WARDEN_WITH_REDIS
#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/limits/shared/redis_sentinel.h"
#endif

namespace warden {

// This build has no Redis, and the configuration's `path` asks for one.
void AddNoRedis(const LoadedConfig& config, std::string_view path, ProblemList* problems);

// In all that follows `path` is where the RedisConfig stands, such as "abuse.redis"; every problem
// is added; they block, for they read files.
#ifdef WARDEN_WITH_REDIS
// For a part that can use a single server only: what names more is a problem.
RedisOptions ReadSingleRedis(const LoadedConfig& config, const v1::RedisConfig& redis,
                             std::string_view path, ProblemList* problems);
// `otherwise` where it is absent.
absl::Duration ReadPollInterval(const LoadedConfig& config, const v1::RedisConfig& redis,
                                std::string_view path, absl::Duration otherwise,
                                ProblemList* problems);

struct RedisTarget {
  RedisOptions redis;                // its address is of a single server only
  SentinelOptions sentinels;         // where it has any, these name the master
  std::vector<std::string> cluster;  // nodes; none: no Cluster
};

// What `limits.redis` and `signing.redis` say, with the `store_timeout` beside them.
RedisTarget ReadLimitsRedis(const LoadedConfig& config, ProblemList* problems);
RedisTarget ReadSigningRedis(const LoadedConfig& config, ProblemList* problems);

// Tries to connect once before it returns. REQUIRES: `target` was read without a problem.
std::unique_ptr<RedisSender> MakeRedisSender(RedisTarget target);
#endif

// With which the names of the keys begin.
inline std::string KeyPrefix(const v1::RedisConfig& redis) {
  return redis.key_prefix().empty() ? "warden:" : redis.key_prefix();
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_REDIS_H_
