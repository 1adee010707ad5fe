// Which node of a Redis Cluster has a key ("Redis cluster specification").
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SLOTS_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SLOTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/revocation/redis_connection.h"

namespace warden {

inline constexpr size_t kRedisSlots = 16384;

// CRC16 (XMODEM) of the key, or of what stands between its first `{` and the `}` after it.
uint16_t RedisSlotOf(std::string_view key);

struct RedisSlotMap {
  static constexpr size_t kMaxNodes = 256;
  static constexpr uint16_t kNobody = 0xffff;

  std::vector<std::string> nodes;  // masters, "HOST:PORT"
  std::vector<uint16_t> owners;    // kRedisSlots of them: index in `nodes`, or kNobody
};

// What CLUSTER SLOTS answered. A node that does not know its own name is at the address that was
// asked. DataLoss: it is no such answer. OutOfRange: more than kMaxNodes.
absl::StatusOr<RedisSlotMap> ReadRedisSlots(const RedisReply& reply, std::string_view asked);

// "MOVED 3999 127.0.0.1:6381", "ASK ...".
struct RedisRedirect {
  bool ask = false;  // this once; else from now on
  uint16_t slot = 0;
  std::string address;
};
// nullopt where it is another error. Without a host it is that of `asked`.
std::optional<RedisRedirect> ReadRedirect(const absl::Status& error, std::string_view asked);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_SLOTS_H_
