// Bytes to and from a server over TCP, TLS or a Unix socket, each operation with a
// deadline, in MonotonicNow().
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_SOCKET_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_SOCKET_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace warden {

// Where a socket goes to.
struct SocketAddress {
  std::string host, port;  // or:
  std::string unix_path;
};
// InvalidArgument unless it is "HOST:PORT", "[IPV6]:PORT" or "unix:/path".
absl::StatusOr<SocketAddress> ParseSocketAddress(std::string_view address);

// Not thread-safe. Unavailable after the deadline and when the other end is gone; the socket is of
// no more use then.
class RedisSocket {
 public:
  // With `ca_file` not "" TLS 1.2 or later; the certificate must be for the address' host.
  // InvalidArgument: a bad address or CA file. Looking up the host's name has no deadline but the
  // resolver's own.
  static absl::StatusOr<std::unique_ptr<RedisSocket>> Connect(const std::string& address,
                                                              const std::string& ca_file,
                                                              absl::Time deadline);
  ~RedisSocket();
  RedisSocket(const RedisSocket&) = delete;
  RedisSocket& operator=(const RedisSocket&) = delete;

  absl::Status Write(std::string_view bytes, absl::Time deadline);
  // Reads what is there, at least one byte and at most `size`.
  absl::StatusOr<size_t> Read(char* buffer, size_t size, absl::Time deadline);

 private:
  struct FreeTls {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  explicit RedisSocket(int fd) : fd_(fd) {}
  absl::Status StartTls(const std::string& host, const std::string& ca_file, absl::Time deadline);
  absl::Status SendRaw(std::string_view bytes, absl::Time deadline);
  absl::StatusOr<size_t> ReceiveRaw(char* buffer, size_t size, absl::Time deadline);
  // What OpenSSL wants sent, and what it waits for.
  absl::Status SendPending(absl::Time deadline);
  absl::Status FeedTls(absl::Time deadline);

  const int fd_;
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::unique_ptr<SSL, FreeTls> tls_;  // null without TLS; reads and writes memory, not the socket
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_SOCKET_H_
