#include "interceptors/limits/shared/redis_address.h"

#include "absl/strings/str_cat.h"
#include "interceptors/revocation/redis_socket.h"

namespace warden {

std::optional<std::string> JoinRedisAddress(std::string_view host, std::string_view port) {
  std::string address(host);
  if (host.find(':') != host.npos) address = absl::StrCat("[", address, "]");
  absl::StrAppend(&address, ":", std::string(port));
  const absl::StatusOr<SocketAddress> parsed = ParseSocketAddress(address);
  if (!parsed.ok() || !parsed->unix_path.empty()) return std::nullopt;
  return address;
}

}  // namespace warden
