#include "interceptors/observe/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

// Reads an IP address as it is written; false if it is none.
bool ReadHost(const std::string& host, ListenAddress* out) {
  out->host = host == "localhost" ? "127.0.0.1" : host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out->address);
  if (inet_pton(AF_INET, out->host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    out->loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    return true;
  }
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out->address);
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) != 1) {
    return false;
  }
  v6->sin6_family = AF_INET6;
  out->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
  return true;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view what,
                                                 const std::string& address) {
  const absl::Status malformed = absl::InvalidArgumentError(
      absl::StrCat(std::string(what), " \"", address,
                   "\": must be IP:PORT, such as 127.0.0.1:9464 or [::1]:9464"));
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return malformed;
  ListenAddress parsed;
  const std::string port = address.substr(colon + 1);
  uint32_t number = 0;
  const bool digits = !port.empty() && port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) return malformed;
  if (!ReadHost(address.substr(0, colon), &parsed)) return malformed;
  parsed.port = static_cast<uint16_t>(number);
  return parsed;
}

bool IsIpAddress(const std::string& host) {
  ListenAddress ignored;
  return host != "localhost" && ReadHost(host, &ignored);
}

}  // namespace warden
