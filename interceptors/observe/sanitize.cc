#include "interceptors/observe/sanitize.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

struct Range {
  uint32_t first, last;
};

// What must not be shown as it is, beyond ASCII, in ascending order.
constexpr std::array<Range, 21> kUnsafe = {{
    {0x80, 0xa0},         // C1 controls, no-break space
    {0xad, 0xad},         // soft hyphen
    {0x34f, 0x34f},       // combining grapheme joiner
    {0x61c, 0x61c},       // Arabic letter mark
    {0x115f, 0x1160},     // Hangul fillers
    {0x17b4, 0x17b5},     // Khmer inherent vowels
    {0x180b, 0x180f},     // Mongolian selectors
    {0x2000, 0x200f},     // blanks, zero-width, direction marks
    {0x2028, 0x202f},     // separators, embeddings and overrides
    {0x205f, 0x206f},     // invisible operators, isolates, deprecated format characters
    {0x2800, 0x2800},     // blank Braille pattern
    {0x3000, 0x3000},     // ideographic space
    {0x3164, 0x3164},     // Hangul filler
    {0xe000, 0xf8ff},     // private use
    {0xfdd0, 0xfdef},     // noncharacters
    {0xfe00, 0xfe0f},     // variation selectors
    {0xfeff, 0xfeff},     // byte order mark
    {0xffa0, 0xffa0},     // halfwidth Hangul filler
    {0xfff0, 0xffff},     // specials, noncharacters
    {0x1d173, 0x1d17a},   // musical format controls
    {0xe0000, 0x10ffff},  // tags, variation selectors, private use
}};

bool IsUnsafe(uint32_t code) {
  if (code < 0x20 || code == 0x7f) return true;
  const auto* range = std::lower_bound(kUnsafe.begin(), kUnsafe.end(), code,
                                       [](const Range& r, uint32_t c) { return r.last < c; });
  return range != kUnsafe.end() && code >= range->first;
}

// Reads one code point of UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF) into
// `code`; gives its length, or 0 if the bytes are not one.
size_t Decode(std::string_view bytes, uint32_t* code) {
  const auto byte = [bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) {
    *code = lead;
    return 1;
  }
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return 0;
  *code = lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    *code = (*code << 6) | (byte(i) & 0x3fu);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (*code < kLeast[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) return 0;
  return length;
}

}  // namespace

std::string Sanitize(std::string_view value, size_t max_bytes) {
  const bool harmless = value.size() <= max_bytes &&
                        std::all_of(value.begin(), value.end(),
                                    [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
  if (harmless) return std::string(value);
  std::string out;
  out.reserve(std::min(value.size(), max_bytes));
  size_t kept = 0;  // so much of `out` leaves room for the ellipsis
  while (!value.empty()) {
    uint32_t code = 0;
    size_t length = Decode(value, &code);
    if (length == 0) {
      absl::StrAppend(&out, "\\x",
                      absl::Hex(static_cast<unsigned char>(value[0]), absl::kZeroPad2));
      length = 1;
    } else if (code == '\\') {
      out += "\\\\";
    } else if (!IsUnsafe(code)) {
      out.append(value.substr(0, length));
    } else if (code < 0x80) {
      absl::StrAppend(&out, "\\x", absl::Hex(code, absl::kZeroPad2));
    } else {
      absl::StrAppend(&out, "\\u{", absl::Hex(code), "}");
    }
    value.remove_prefix(length);
    if (out.size() > max_bytes) {
      out.resize(kept);
      return out + "...";
    }
    if (out.size() + 3 <= max_bytes) kept = out.size();
  }
  return out;
}

}  // namespace warden
