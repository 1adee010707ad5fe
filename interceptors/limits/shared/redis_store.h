// Limits kept by a Redis server.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_

#include <memory>
#include <string>

#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/limits/shared/shared_store.h"

namespace warden {

// One script a call, which runs at one instant, by Redis' own clock: what the servers' clocks say
// does not matter. Times are in microseconds. A bucket is a string named PREFIXlimit:{HASH}, with
// the RedisKeyHash of its name; it expires when it is as good as none. In a Redis Cluster each
// bucket lies where its hash says, and a call can take from one shared limit only: more are refused
// by the Cluster's client. Thread-safe.
class RedisLimitStore final : public SharedLimitStore {
 public:
  // `key_prefix` begins the names of all keys.
  RedisLimitStore(std::unique_ptr<RedisSender> sender, std::string key_prefix);
  // To one server.
  RedisLimitStore(RedisOptions options, std::string key_prefix);

  void Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) override;
  const RedisSender& sender() const { return *sender_; }

 private:
  const std::string key_prefix_;
  const std::unique_ptr<RedisSender> sender_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_STORE_H_
