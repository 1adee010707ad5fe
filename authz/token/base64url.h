// base64url without padding, as JOSE uses it (RFC 7515 section 2).
#ifndef WARDEN_AUTHZ_TOKEN_BASE64URL_H_
#define WARDEN_AUTHZ_TOKEN_BASE64URL_H_

#include <optional>
#include <string>
#include <string_view>

namespace warden {

// Accepts exactly what Base64UrlEncode makes: no padding, whitespace or line break, no character
// of plain base64, no length of 4n+1, no non-zero bits after the last octet. So every octet string
// has one text, and a token cannot be rewritten without breaking it. "" is "".
std::optional<std::string> Base64UrlDecode(std::string_view text);

std::string Base64UrlEncode(std::string_view octets);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_BASE64URL_H_
