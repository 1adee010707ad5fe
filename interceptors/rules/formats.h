// String formats by their standards. Every function takes time linear in the value, allocates
// nothing, and takes any bytes. An empty string is in none of them, except where a function says
// so.
#ifndef WARDEN_INTERCEPTORS_RULES_FORMATS_H_
#define WARDEN_INTERCEPTORS_RULES_FORMATS_H_

#include <cstddef>
#include <string_view>

namespace warden::rules {

// HTML standard, "valid e-mail address": a local part of RFC 5322 atom characters and dots, and
// labels of RFC 1034 (at most 63 letters, digits and inner hyphens).
bool IsEmail(std::string_view value);

// RFC 1123 section 2.1: dot-separated labels of at most 63 letters, digits and inner hyphens, 253
// characters in all, an optional dot at the end, and a last label that is not all digits.
bool IsHostname(std::string_view value);

// RFC 3986 section 3.2.2, IPv4address: four decimal numbers without leading zeros.
bool IsIpv4(std::string_view value);
// RFC 3986 section 3.2.2, IPv6address, with RFC 4007's zone (`%en1`: anything but NUL, not empty).
bool IsIpv6(std::string_view value);
bool IsIp(std::string_view value);

enum class IpVersion { kAny, k4, k6 };
// An address without zone, `/`, and a prefix length without leading zeros (RFC 4632 section 3.1,
// RFC 4291 section 2.3). When `network`, no bit behind the prefix may be set.
bool IsIpPrefix(std::string_view value, IpVersion version, bool network);

// Hostname or IP address.
bool IsAddress(std::string_view value);
// Hostname, IPv4 address or [IPv6 address], and `:port` (0 to 65535, no leading zeros), which may
// be left out unless `port_required`.
bool IsHostAndPort(std::string_view value, bool port_required);

// RFC 3986 section 3, with RFC 6874 zones. Percent-encoded hosts must be UTF-8 (section 3.2.2).
bool IsUri(std::string_view value);
// RFC 3986 section 4.1; the empty string is one.
bool IsUriRef(std::string_view value);

// RFC 9562 section 4, any case, any version.
bool IsUuid(std::string_view value);
// The same without hyphens.
bool IsTrimmedUuid(std::string_view value);
// The ULID specification: 26 characters of Crockford's base 32 in any case, at most 128 bits.
bool IsUlid(std::string_view value);
// A protobuf full name: identifiers joined by dots.
bool IsProtobufName(std::string_view value);
// The same with a dot before it.
bool IsProtobufDotName(std::string_view value);
// ITU-T E.164: `+`, then 7 to 15 digits, the first not 0.
bool IsPhone(std::string_view value);

// RFC 9110 section 5.1 token, optionally behind a colon (HTTP/2 pseudo-header). Not strict:
// anything without NUL, CR, LF.
bool IsHeaderName(std::string_view value, bool strict);
// RFC 9110 section 5.5: no control character but TAB. Not strict: anything without NUL, CR, LF. May
// be empty.
bool IsHeaderValue(std::string_view value, bool strict);

// Well-formed by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool IsUtf8(std::string_view value);

// The number of code points, and one for each byte that is not part of well-formed UTF-8. Stops at
// `limit`, and then returns it.
size_t CountCharacters(std::string_view value, size_t limit);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_FORMATS_H_
