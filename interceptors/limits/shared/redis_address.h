// Addresses that Redis servers tell of each other.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_ADDRESS_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_ADDRESS_H_

#include <optional>
#include <string>
#include <string_view>

namespace warden {

// "HOST:PORT", or "[IPV6]:PORT", of what a server said; nullopt where it is no address. Never a
// Unix socket: that is for the operator to name.
std::optional<std::string> JoinRedisAddress(std::string_view host, std::string_view port);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_REDIS_ADDRESS_H_
