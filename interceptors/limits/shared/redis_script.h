// A script that Redis runs at one instant.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SCRIPT_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SCRIPT_H_

#include <string>
#include <string_view>
#include <vector>

#include "interceptors/limits/shared/redis_sender.h"

namespace warden {

// Asked for by its SHA-1; a server that does not know it, as after a restart, gets the whole of it.
// Immutable, thread-safe.
class RedisScript {
 public:
  // `text` is Lua and lives as long as the program.
  explicit RedisScript(const char* text);

  // As RedisSender::Send. `sender` must live until the answer is there. REQUIRES: `keys` is not
  // empty.
  void Run(RedisSender& sender, const std::vector<std::string>& keys,
           const std::vector<std::string>& arguments, RedisSender::Then then) const;

 private:
  const char* const text_;
  const std::string hash_;
};

// For the name of a key: the first 128 bits of the SHA-256 of `name` in hexadecimal, so that
// nobody's name stands in the store, and nobody can choose where a key lies.
std::string RedisKeyHash(std::string_view name);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SCRIPT_H_
