#include "interceptors/normalize/text_forms.h"

#include <algorithm>
#include <array>

namespace warden::normalize {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// How many bytes of white space are at the front: 0 for none. Unicode's property White_Space.
size_t SpaceAt(std::string_view text) {
  if (text.empty()) return 0;
  if (IsAsciiSpace(text[0])) return 1;
  constexpr std::array<std::string_view, 19> kSpaces = {
      "\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
      "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A",
      "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"};
  if (static_cast<unsigned char>(text[0]) < 0xC2) return 0;
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::string_view Trim(std::string_view text) {
  while (const size_t space = SpaceAt(text)) text.remove_prefix(space);
  while (!text.empty()) {
    // Where the last character begins; no character of white space has more than 3 bytes.
    size_t size = 1;
    while (size < 3 && size < text.size() &&
           (static_cast<unsigned char>(text[text.size() - size]) & 0xC0) == 0x80) {
      ++size;
    }
    if (SpaceAt(text.substr(text.size() - size)) != size) break;
    text.remove_suffix(size);
  }
  return text;
}

std::string Collapse(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t space = SpaceAt(text);
    if (space == 0) {
      out.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    out.push_back(' ');
    for (; space > 0; space = SpaceAt(text)) text.remove_prefix(space);
  }
  return out;
}

// RFC 3629; The Unicode Standard, table 3-7.
bool IsUtf8(std::string_view text) {
  const auto at = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  while (!text.empty()) {
    const unsigned char first = at(0);
    if (first < 0x80) {
      text.remove_prefix(1);
      continue;
    }
    if (first < 0xC2 || first > 0xF4) return false;
    const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (text.size() < size) return false;
    for (size_t i = 1; i < size; ++i) {
      if ((at(i) & 0xC0) != 0x80) return false;
    }
    const unsigned char second = at(1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

// Whether the step leaves a text of ASCII as it is.
bool LeavesAscii(std::string_view text, Step step) {
  switch (step) {
    case Step::kTrim:
      return text.empty() || !(IsAsciiSpace(text.front()) || IsAsciiSpace(text.back()));
    case Step::kNfc:
    case Step::kNfkc:
      return true;
    case Step::kLower:
      return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    case Step::kUpper:
      return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    case Step::kCollapseSpaces:
      break;
  }
  bool after_space = false;
  for (const char c : text) {
    const bool space = IsAsciiSpace(c);
    if (space && (after_space || c != ' ')) return false;
    after_space = space;
  }
  return true;
}

}  // namespace

bool NeedsUnicode(Step step) { return step != Step::kTrim && step != Step::kCollapseSpaces; }

Outcome Normalize(std::string_view text, const std::vector<Step>& steps, std::string* out) {
  if (text.size() > kMaxTextBytes) return Outcome::kTooLong;
  if (IsAscii(text)) {
    const bool same = std::all_of(steps.begin(), steps.end(),
                                  [text](Step step) { return LeavesAscii(text, step); });
    if (same) return Outcome::kSame;
  } else if (!IsUtf8(text)) {
    return Outcome::kNotUtf8;
  }
  std::string form(text);
  for (const Step step : steps) {
    if (step == Step::kTrim) {
      form = std::string(Trim(form));
    } else if (step == Step::kCollapseSpaces) {
      form = Collapse(form);
    } else {
      form = UnicodeForm(form, step);
    }
  }
  if (form == text) return Outcome::kSame;
  *out = std::move(form);
  return Outcome::kChanged;
}

}  // namespace warden::normalize
