// Where commands to Redis go: one server, the master that Sentinels name, or a Cluster.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENDER_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

// Thread-safe.
class RedisSender {
 public:
  using Command = std::vector<std::string>;  // EVAL or EVALSHA, SCRIPT, COUNT, KEY...
  using Reply = absl::StatusOr<RedisReply>;
  using Then = std::function<void(Reply)>;

  virtual ~RedisSender() = default;
  // Does not block. `then` is called once, by another thread, or by this one where nothing can be
  // sent now. It must be quick.
  virtual void Send(Command command, Then then) = 0;

  virtual bool up() const = 0;  // all that is needed for any key answers
  virtual uint64_t batches() const = 0;
  virtual uint64_t commands() const = 0;
  virtual uint64_t failures() const = 0;  // of commands
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SENDER_H_
