// Internet addresses: IPv4, IPv6, prefixes, host and port.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

using Bytes16 = std::array<uint8_t, 16>;

// A decimal number without sign or leading zeros, at most `max`, which has at most five digits.
std::optional<uint32_t> ParseDecimal(std::string_view text, uint32_t max) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return {};
  uint32_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  if (number > max) return {};
  return number;
}

bool ParseIpv4(std::string_view text, uint8_t* out) {
  if (text.size() > 15) return false;
  for (int i = 0; i < 4; ++i) {
    const size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return false;
    const std::optional<uint32_t> octet = ParseDecimal(text.substr(0, end), 255);
    if (!octet) return false;
    out[i] = static_cast<uint8_t>(*octet);
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return true;
}

// One to four hexadecimal digits.
std::optional<uint16_t> ParseGroup(std::string_view text) {
  if (text.empty() || text.size() > 4) return {};
  uint32_t number = 0;
  for (const char c : text) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return {};
    const uint32_t digit =
        c <= '9' ? static_cast<uint32_t>(c - '0') : static_cast<uint32_t>((c | 0x20) - 'a') + 10;
    number = number * 16 + digit;
  }
  return static_cast<uint16_t>(number);
}

// Reads groups joined by colons, the last of which may be an IPv4 address when `ipv4_tail`, into at
// most `room` bytes. Returns the number of bytes, an even one; -1 when malformed. The empty text is
// no group.
int ParseGroups(std::string_view text, bool ipv4_tail, uint8_t* out, int room) {
  int used = 0;
  while (!text.empty()) {
    const size_t end = text.find(':');
    const std::string_view part = text.substr(0, end);
    if (ipv4_tail && end == std::string_view::npos && part.find('.') != std::string_view::npos) {
      return used + 4 <= room && ParseIpv4(part, out + used) ? used + 4 : -1;
    }
    const std::optional<uint16_t> group = ParseGroup(part);
    if (!group || used + 2 > room) return -1;
    out[used++] = static_cast<uint8_t>(*group >> 8);
    out[used++] = static_cast<uint8_t>(*group & 0xFF);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) return -1;  // a colon at the end
  }
  return used;
}

// RFC 4291 section 2.2: eight groups, or fewer around one `::`, which stands for at least one.
bool ParseIpv6(std::string_view text, Bytes16* out) {
  if (text.size() > 45) return false;
  out->fill(0);
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return ParseGroups(text, true, out->data(), 16) == 16;
  const int before = ParseGroups(text.substr(0, gap), false, out->data(), 14);
  if (before < 0) return false;
  Bytes16 tail{};
  const int after = ParseGroups(text.substr(gap + 2), true, tail.data(), 14 - before);
  if (after < 0) return false;
  std::copy_n(tail.begin(), after, out->end() - after);
  return true;
}

// True if no bit of `bytes` from number `prefix` on is set.
bool IsZeroBehind(const uint8_t* bytes, uint32_t size, uint32_t prefix) {
  for (uint32_t i = prefix / 8; i < size; ++i) {
    const uint32_t kept = i == prefix / 8 ? prefix % 8 : 0;
    if ((bytes[i] & (0xFFu >> kept)) != 0) return false;
  }
  return true;
}

}  // namespace

bool IsIpv4(std::string_view value) {
  uint8_t bytes[4];
  return ParseIpv4(value, bytes);
}

bool IsIpv6(std::string_view value) {
  const size_t percent = value.find('%');
  if (percent != std::string_view::npos) {
    const std::string_view zone = value.substr(percent + 1);
    if (zone.empty() || zone.find('\0') != std::string_view::npos) return false;
  }
  Bytes16 bytes;
  return ParseIpv6(value.substr(0, percent), &bytes);
}

bool IsIp(std::string_view value) { return IsIpv4(value) || IsIpv6(value); }

bool IsIpPrefix(std::string_view value, IpVersion version, bool network) {
  const size_t slash = value.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = value.substr(0, slash);
  Bytes16 bytes{};
  uint32_t size = 0;
  if (version != IpVersion::k6 && ParseIpv4(address, bytes.data())) {
    size = 4;
  } else if (version != IpVersion::k4 && ParseIpv6(address, &bytes)) {
    size = 16;
  } else {
    return false;
  }
  const std::optional<uint32_t> prefix = ParseDecimal(value.substr(slash + 1), size * 8);
  return prefix && (!network || IsZeroBehind(bytes.data(), size, *prefix));
}

bool IsAddress(std::string_view value) { return IsHostname(value) || IsIp(value); }

bool IsHostAndPort(std::string_view value, bool port_required) {
  const bool bracket = value.starts_with('[');
  const size_t end = bracket ? value.rfind(']') : value.rfind(':');
  std::string_view host = value, rest;
  if (bracket) {
    if (end == std::string_view::npos) return false;
    host = value.substr(1, end - 1);
    rest = value.substr(end + 1);
  } else if (end != std::string_view::npos) {
    host = value.substr(0, end);
    rest = value.substr(end);
  }
  if (rest.empty() ? port_required : rest.front() != ':' || !ParseDecimal(rest.substr(1), 65535)) {
    return false;
  }
  return bracket ? IsIpv6(host) : IsHostname(host) || IsIpv4(host);
}

}  // namespace warden::rules
