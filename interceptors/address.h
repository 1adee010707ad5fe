// The peer's address in the form of limits and logs.
#ifndef WARDEN_INTERCEPTORS_ADDRESS_H_
#define WARDEN_INTERCEPTORS_ADDRESS_H_

#include <string_view>

namespace warden {

// The host part of gRPC's peer URI: "ipv4:10.0.0.7:41002" gives "10.0.0.7", "ipv6:%5B::1%5D:41002"
// and "ipv6:[::1]:41002" give "::1", "unix:/run/app.sock" gives the whole. A view into `peer_uri`.
// Thread-safe.
std::string_view AddressOf(std::string_view peer_uri);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADDRESS_H_
