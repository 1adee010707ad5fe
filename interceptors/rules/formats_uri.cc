// URIs and URI references, by the grammar of RFC 3986 appendix A.
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

bool IsSubDelimiter(char c) {
  constexpr std::string_view kSet = "!$&'()*+,;=";
  return kSet.find(c) != std::string_view::npos;
}

bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

bool IsScheme(std::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return true;
}

// *( unreserved / pct-encoded / sub-delims / one of `more` )
bool IsEncoded(std::string_view text, std::string_view more) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
      i += 2;
    } else if (!IsUnreserved(c) && !IsSubDelimiter(c) && more.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

uint8_t HexValue(char c) {
  return static_cast<uint8_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// Whether the percent-encoded bytes of `text`, which is well encoded, are UTF-8 (section 3.2.2).
// Characters that are not encoded are ASCII, so each run of encoded bytes is decoded by itself,
// four bytes at a time.
bool DecodesToUtf8(std::string_view text) {
  char sequence[4];
  size_t used = 0, wanted = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (used != 0) return false;
      continue;
    }
    const uint8_t byte = static_cast<uint8_t>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
    i += 2;
    if (used == 0) wanted = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    sequence[used++] = static_cast<char>(byte);
    if (used < wanted) continue;
    if (!IsUtf8(std::string_view(sequence, used))) return false;
    used = 0;
  }
  return used == 0;
}

// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool IsIpFuture(std::string_view text) {
  if (text.empty() || (text.front() | 0x20) != 'v') return false;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
  for (const char c : text.substr(1, dot - 1)) {
    if (!IsHex(c)) return false;
  }
  for (const char c : text.substr(dot + 1)) {
    if (!IsUnreserved(c) && !IsSubDelimiter(c) && c != ':') return false;
  }
  return true;
}

// What stands in the brackets: an IPv6 address, which may have RFC 6874's zone, or a later
// version's.
bool IsIpLiteral(std::string_view text) {
  if (IsIpFuture(text)) return true;
  const size_t zone = text.find("%25");
  if (zone == std::string_view::npos) {
    return text.find('%') == std::string_view::npos && IsIpv6(text);
  }
  // 1*( unreserved / pct-encoded ); a sub-delimiter is not allowed here.
  const std::string_view id = text.substr(zone + 3);
  for (const char c : id) {
    if (!IsUnreserved(c) && c != '%') return false;
  }
  return !id.empty() && IsEncoded(id, "") && DecodesToUtf8(id) && IsIpv6(text.substr(0, zone));
}

// [ userinfo "@" ] host [ ":" port ]
bool IsAuthority(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (!IsEncoded(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view host, rest;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || !IsIpLiteral(text.substr(1, end - 1))) return false;
    rest = text.substr(end + 1);
  } else {
    const size_t end = text.find(':');
    host = text.substr(0, end);
    if (!IsEncoded(host, "") || !DecodesToUtf8(host)) return false;
    if (end != std::string_view::npos) rest = text.substr(end);
  }
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  for (const char c : rest.substr(1)) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

// hier-part or relative-part, followed by query and fragment. A first segment with a colon would be
// taken for a scheme, so a relative path must not have one.
bool IsRest(std::string_view text, bool relative) {
  const size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    if (!IsEncoded(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  const size_t question = text.find('?');
  if (question != std::string_view::npos) {
    if (!IsEncoded(text.substr(question + 1), ":@/?")) return false;
    text = text.substr(0, question);
  }
  if (text.substr(0, 2) == "//") {
    text.remove_prefix(2);
    const size_t slash = text.find('/');
    if (!IsAuthority(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash);
  } else if (relative) {
    const std::string_view first = text.substr(0, text.find('/'));
    if (first.find(':') != std::string_view::npos) return false;
  }
  return IsEncoded(text, ":@/");
}

}  // namespace

bool IsUri(std::string_view value) {
  const size_t colon = value.find(':');
  return colon != std::string_view::npos && IsScheme(value.substr(0, colon)) &&
         IsRest(value.substr(colon + 1), false);
}

bool IsUriRef(std::string_view value) { return IsUri(value) || IsRest(value, true); }

}  // namespace warden::rules
