// The peer's address in the form of limits and logs.
#ifndef WARDEN_INTERCEPTORS_ADDRESS_H_
#define WARDEN_INTERCEPTORS_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace warden {

// The host part of gRPC's peer URI: "ipv4:10.0.0.7:41002" gives "10.0.0.7", "ipv6:%5B::1%5D:41002"
// and "ipv6:[::1]:41002" give "::1", "unix:/run/app.sock" gives the whole. A view into `peer_uri`.
// Thread-safe.
std::string_view AddressOf(std::string_view peer_uri);

using AddressBuffer = std::array<char, 16>;

// What counts as one host for a limit: an IPv4 address as it is, also where it comes mapped into
// IPv6, and the /64 of an IPv6 address, since one customer usually has all of it (RFC 6177, RFC
// 4291 section 2.5.4). Anything else is its own host. A view into `address` or `buffer`; bytes, not
// text. Thread-safe.
std::string_view HostOf(std::string_view address, AddressBuffer* buffer);

// The same cut to so many bits: the 4 bytes of an IPv4 address, also where it comes mapped into
// IPv6, or the 16 bytes of an IPv6 address, with the rest set to 0. Anything else is its own
// network. REQUIRES: ipv4_prefix <= 32, ipv6_prefix <= 128. Thread-safe.
std::string_view NetworkOf(std::string_view address, uint32_t ipv4_prefix, uint32_t ipv6_prefix,
                           AddressBuffer* buffer);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADDRESS_H_
