#include "authz/identity/address_set.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"

namespace warden {
namespace {

constexpr int kMappedBits = 96;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Of the family that the text has, mapped or not.
std::optional<IpAddress> ParseAsWritten(std::string_view text) {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof(copy)) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  IpAddress address;
  address.ipv6 = text.find(':') != std::string_view::npos;
  const int family = address.ipv6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, copy, address.bytes.data()) != 1) return std::nullopt;
  return address;
}

bool IsMapped(const IpAddress& address) {
  return address.ipv6 && std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin());
}

IpAddress Unmapped(const IpAddress& address) {
  IpAddress ipv4;
  std::copy(address.bytes.begin() + kMapped.size(), address.bytes.end(), ipv4.bytes.begin());
  return ipv4;
}

// Whether the first `bits` of both are the same.
bool SamePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const auto whole = static_cast<size_t>(bits / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + static_cast<ptrdiff_t>(whole),
                  b.bytes.begin())) {
    return false;
  }
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

bool HasBitsBehind(const IpAddress& address, int bits) {
  const int width = address.ipv6 ? 128 : 32;
  for (int bit = bits; bit < width; ++bit) {
    if ((address.bytes[static_cast<size_t>(bit / 8)] & (0x80 >> (bit % 8))) != 0) return true;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) text = text.substr(0, text.find('%'));
  std::optional<IpAddress> address = ParseAsWritten(text);
  if (address.has_value() && IsMapped(*address)) return Unmapped(*address);
  return address;
}

absl::Status AddressSet::Add(std::string_view range) {
  const size_t slash = range.find('/');
  std::optional<IpAddress> first = ParseAsWritten(range.substr(0, slash));
  if (!first.has_value()) {
    return absl::InvalidArgumentError(
        "must be an address range such as `10.0.0.0/8` or `2001:db8::/32`");
  }
  const int width = first->ipv6 ? 128 : 32;
  int bits = width;
  if (slash != std::string_view::npos) {
    const std::string_view text = range.substr(slash + 1);
    const bool digits = !text.empty() && text.size() <= 3 &&
                        text.find_first_not_of("0123456789") == std::string_view::npos &&
                        (text.size() == 1 || text.front() != '0');
    if (!digits || !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &bits) ||
        bits > width) {
      return absl::InvalidArgumentError("must have a prefix length of 0 to 32 (IPv6: 128) bits");
    }
  }
  if (HasBitsBehind(*first, bits)) {
    return absl::InvalidArgumentError(
        "has bits set behind its prefix; write the range's first "
        "address, or a longer prefix");
  }
  if (IsMapped(*first) && bits >= kMappedBits) {
    first = Unmapped(*first);
    bits -= kMappedBits;
  }
  ranges_.push_back({*first, bits});
  return absl::OkStatus();
}

bool AddressSet::Contains(const IpAddress& address) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return range.first.ipv6 == address.ipv6 && SamePrefix(range.first, address, range.bits);
  });
}

}  // namespace warden
