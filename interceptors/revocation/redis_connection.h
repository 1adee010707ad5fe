// One connection to a Redis server: commands and their replies, within time and size.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_CONNECTION_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/revocation/redis_options.h"
#include "interceptors/revocation/redis_socket.h"

namespace warden {

struct RedisReply {
  enum class Type { kNil, kText, kInteger, kList };
  Type type = Type::kNil;
  std::string text;
  int64_t integer = 0;
  std::vector<RedisReply> items;
};

// Not thread-safe. After any error but FailedPrecondition (the server's own refusal) the connection
// is of no more use.
class RedisConnection {
 public:
  // Connects, checks the server's certificate, and logs in. InvalidArgument: the address or CA file
  // is wrong. Messages name the address, never the password.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Open(const RedisOptions& options);

  // Unavailable: no whole reply in time. FailedPrecondition: the server refused the command, and
  // its text. OutOfRange: a reply of more than kMaxReplyBytes or kMaxReplyItems. DataLoss: not
  // Redis' protocol.
  absl::StatusOr<RedisReply> Run(const std::vector<std::string>& command);

  // Several at once, pipelined, within the time of one; the replies in their order. An error of the
  // whole as Run's; FailedPrecondition is that of a single command. Each reply's size is bounded as
  // Run's.
  absl::StatusOr<std::vector<absl::StatusOr<RedisReply>>> RunAll(
      const std::vector<std::vector<std::string>>& commands);

  static constexpr size_t kMaxReplyBytes = 4 << 20;
  static constexpr size_t kMaxReplyItems = 8192;

 private:
  RedisConnection(std::unique_ptr<RedisSocket> socket, absl::Duration timeout)
      : socket_(std::move(socket)), timeout_(timeout) {}
  absl::StatusOr<RedisReply> ReadReply(absl::Time deadline);

  const std::unique_ptr<RedisSocket> socket_;
  const absl::Duration timeout_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_CONNECTION_H_
