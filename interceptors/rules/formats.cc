#include "interceptors/rules/formats.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "absl/strings/ascii.h"

namespace warden::rules {
namespace {

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

bool IsOneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// RFC 1034 section 3.5, with the leading digit of RFC 1123.
bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
    return false;
  }
  return std::all_of(label.begin(), label.end(), [](char c) { return IsAlnum(c) || c == '-'; });
}

// Calls `each` with every part of `value` between the separators; false as soon as one call is.
template <typename F>
bool EveryPart(std::string_view value, char separator, F each) {
  while (true) {
    const size_t end = value.find(separator);
    if (!each(value.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    value.remove_prefix(end + 1);
  }
}

bool IsIdentifier(std::string_view name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsAlnum(c) || c == '_'; });
}

bool HasNulOrLineBreak(std::string_view value) {
  return value.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos;
}

// The length of the well-formed UTF-8 sequence at the start of `value`, which is not empty; 0 if
// there is none. By the table of RFC 3629 section 4.
size_t SequenceLength(std::string_view value) {
  const auto byte = [value](size_t i) { return static_cast<uint8_t>(value[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  uint8_t low = 0x80, high = 0xBF;  // of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (value.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// The number of bytes at the start of `value` that are surely ASCII, in steps of 8.
size_t AsciiRun(std::string_view value) {
  size_t run = 0;
  while (value.size() - run >= 8) {
    uint64_t word = 0;
    std::memcpy(&word, value.data() + run, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
    run += 8;
  }
  return run;
}

}  // namespace

bool IsEmail(std::string_view value) {
  const size_t at = value.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  const std::string_view local = value.substr(0, at);
  const bool local_ok = std::all_of(local.begin(), local.end(), [](char c) {
    return IsAlnum(c) || IsOneOf(c, ".!#$%&'*+/=?^_`{|}~-");
  });
  return local_ok && EveryPart(value.substr(at + 1), '.', IsLabel);
}

bool IsHostname(std::string_view value) {
  if (!value.empty() && value.back() == '.') value.remove_suffix(1);
  if (value.empty() || value.size() > 253) return false;
  std::string_view last;
  const bool labels = EveryPart(value, '.', [&last](std::string_view label) {
    last = label;
    return IsLabel(label);
  });
  return labels && !std::all_of(last.begin(), last.end(), IsDigit);
}

bool IsUuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? value[i] != '-' : !IsHex(value[i])) return false;
  }
  return true;
}

bool IsTrimmedUuid(std::string_view value) {
  return value.size() == 32 && std::all_of(value.begin(), value.end(), IsHex);
}

bool IsUlid(std::string_view value) {
  if (value.size() != 26 || value.front() < '0' || value.front() > '7') return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return IsAlnum(c) && !IsOneOf(c, "ILOUilou"); });
}

bool IsProtobufName(std::string_view value) { return EveryPart(value, '.', IsIdentifier); }

bool IsProtobufDotName(std::string_view value) {
  return !value.empty() && value.front() == '.' && IsProtobufName(value.substr(1));
}

bool IsPhone(std::string_view value) {
  if (value.size() < 8 || value.size() > 16 || value[0] != '+' || value[1] == '0') return false;
  return std::all_of(value.begin() + 1, value.end(), IsDigit);
}

bool IsHeaderName(std::string_view value, bool strict) {
  if (!strict) return !value.empty() && !HasNulOrLineBreak(value);
  if (!value.empty() && value.front() == ':') value.remove_prefix(1);
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return IsAlnum(c) || IsOneOf(c, "!#$%&'*+-.^_`|~");
  });
}

bool IsHeaderValue(std::string_view value, bool strict) {
  if (!strict) return !HasNulOrLineBreak(value);
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

bool IsUtf8(std::string_view value) {
  while (!value.empty()) {
    value.remove_prefix(AsciiRun(value));
    if (value.empty()) return true;
    const size_t length = SequenceLength(value);
    if (length == 0) return false;
    value.remove_prefix(length);
  }
  return true;
}

size_t CountCharacters(std::string_view value, size_t limit) {
  size_t count = 0;
  while (!value.empty() && count < limit) {
    const size_t ascii = AsciiRun(value);
    if (ascii != 0) {
      count += ascii;
      value.remove_prefix(ascii);
      continue;
    }
    value.remove_prefix(std::max<size_t>(SequenceLength(value), 1));
    ++count;
  }
  return std::min(count, limit);
}

}  // namespace warden::rules
