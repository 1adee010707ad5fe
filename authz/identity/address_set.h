// Sets of IP addresses, as ranges in CIDR notation. Sources: RFC 4632, RFC 4291.
#ifndef WARDEN_AUTHZ_IDENTITY_ADDRESS_SET_H_
#define WARDEN_AUTHZ_IDENTITY_ADDRESS_SET_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace warden {

// An address of one of the two families; one of IPv4 that is mapped into IPv6 (`::ffff:10.0.0.7`,
// as a socket of both families shows it) is the IPv4 address. A value type.
struct IpAddress {
  std::array<uint8_t, 16> bytes = {};  // the first 4 count where !ipv6
  bool ipv6 = false;

  // "10.0.0.7", "2001:db8::1", "fe80::1%eth0" (the zone is not looked at); nullopt for anything
  // else.
  static std::optional<IpAddress> Parse(std::string_view text);
};

// Thread-safe once filled. A look-up goes over all ranges: meant for tens of them.
class AddressSet {
 public:
  // Adds "10.0.0.0/8", "2001:db8::/32" or a single address. InvalidArgument for anything else, and
  // where bits are set behind the prefix, since it is then open what was meant.
  absl::Status Add(std::string_view range);

  // A range of one family never contains an address of the other.
  bool Contains(const IpAddress& address) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    IpAddress first;
    int bits = 0;  // of the prefix
  };

  std::vector<Range> ranges_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_ADDRESS_SET_H_
