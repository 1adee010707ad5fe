// Where a port for operators listens.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_LISTEN_ADDRESS_H_
#define WARDEN_INTERCEPTORS_OBSERVE_LISTEN_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace warden {

struct ListenAddress {
  std::string host;  // "127.0.0.1" or "[::1]"
  uint16_t port = 0;
  sockaddr_storage address = {};  // without the port
  bool loopback = false;
};

// "127.0.0.1:9464", "[::1]:9464" or "localhost:9464" (the IPv4 loopback): an address as it is
// written, never a name to look up. InvalidArgument otherwise, beginning with `what`. Thread-safe.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view what, const std::string& address);

// Whether `host` is an IP address, in brackets or without.
bool IsIpAddress(const std::string& host);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_LISTEN_ADDRESS_H_
