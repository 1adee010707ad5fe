// Limits kept by a Redis server.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_

#include <string>

#include "interceptors/limits/shared/redis_pipe.h"
#include "interceptors/limits/shared/shared_store.h"

namespace warden {

// One script a call, which runs at one instant, by Redis' own clock: what the servers' clocks say
// does not matter. Times are in microseconds. A bucket is a string named PREFIXlimit:{HASH}, with
// the first 128 bits of the SHA-256 of its name, so that no caller's name stands in the store; it
// expires when it is as good as none. In a Redis Cluster each bucket lies where its hash says, and
// a call can take from one shared limit only. Thread-safe.
class RedisLimitStore final : public SharedLimitStore {
 public:
  // `key_prefix` begins the names of all keys.
  RedisLimitStore(RedisOptions options, std::string key_prefix);

  void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) override;
  const RedisPipe& pipe() const { return pipe_; }

 private:
  const std::string key_prefix_;
  RedisPipe pipe_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_
