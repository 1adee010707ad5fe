#include "interceptors/content/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "interceptors/content/fold.h"

namespace warden::content {
namespace {

constexpr int kRounds = 3;

struct Entity {
  std::string_view name;
  char as;
};

// Of HTML's named character references, those of ASCII that attacks are made of.
constexpr std::array kEntities = {
    Entity{"lt", '<'},     Entity{"gt", '>'},     Entity{"quot", '"'},   Entity{"apos", '\''},
    Entity{"amp", '&'},    Entity{"colon", ':'},  Entity{"sol", '/'},    Entity{"bsol", '\\'},
    Entity{"lpar", '('},   Entity{"rpar", ')'},   Entity{"tab", '\t'},   Entity{"newline", '\n'},
    Entity{"equals", '='}, Entity{"semi", ';'},   Entity{"nbsp", ' '},   Entity{"grave", '`'},
    Entity{"lcub", '{'},   Entity{"rcub", '}'},   Entity{"dollar", '$'}, Entity{"period", '.'},
    Entity{"comma", ','},  Entity{"percnt", '%'}, Entity{"plus", '+'},   Entity{"num", '#'},
    Entity{"lbrace", '{'}, Entity{"rbrace", '}'}, Entity{"lsqb", '['},   Entity{"rsqb", ']'},
    Entity{"verbar", '|'}, Entity{"excl", '!'},
};

int Hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// `digits` hexadecimal digits at `at`; -1 if they are not there.
int64_t ReadHex(std::string_view text, size_t at, size_t digits) {
  if (text.size() < at + digits) return -1;
  int64_t value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (Hex(text[i]) < 0) return -1;
    value = value * 16 + Hex(text[i]);
  }
  return value;
}

void AppendCodePoint(int64_t value, std::string* out) {
  const auto byte = [out](int64_t bits) { out->push_back(static_cast<char>(bits)); };
  if (value < 0x80) {
    byte(value);
  } else if (value < 0x800) {
    byte(0xC0 | value >> 6);
    byte(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    byte(0xE0 | value >> 12);
    byte(0x80 | (value >> 6 & 0x3F));
    byte(0x80 | (value & 0x3F));
  } else if (value < 0x110000) {
    byte(0xF0 | value >> 18);
    byte(0x80 | (value >> 12 & 0x3F));
    byte(0x80 | (value >> 6 & 0x3F));
    byte(0x80 | (value & 0x3F));
  }
}

// Digits up to a terminator, at most 8 that count; leading zeros do not. The end is behind them.
struct Number {
  int64_t value = -1;
  size_t end = 0;
};
Number ReadNumber(std::string_view text, size_t at, int base) {
  Number number{.value = -1, .end = at};
  size_t counted = 0;
  while (number.end < text.size() && counted <= 8) {
    const int digit = Hex(text[number.end]);
    if (digit < 0 || digit >= base) break;
    number.value = std::max<int64_t>(number.value, 0) * base + digit;
    if (number.value != 0) ++counted;
    ++number.end;
  }
  if (counted > 8) number.value = -1;
  return number;
}

// The escape at `at`, appended to *out as what it stands for; 0 if there is none, else its length.
size_t DecodePercent(std::string_view text, size_t at, std::string* out) {
  if (const int64_t byte = ReadHex(text, at + 1, 2); byte >= 0) {
    out->push_back(static_cast<char>(byte));
    return 3;
  }
  if (at + 1 < text.size() && text[at + 1] == 'u') {
    if (const int64_t point = ReadHex(text, at + 2, 4); point >= 0) {
      AppendCodePoint(point, out);
      return 6;
    }
  }
  return 0;
}

size_t DecodeBackslash(std::string_view text, size_t at, std::string* out) {
  if (at + 1 >= text.size()) return 0;
  if (text[at + 1] == 'x') {
    const int64_t byte = ReadHex(text, at + 2, 2);
    if (byte < 0) return 0;
    AppendCodePoint(byte, out);
    return 4;
  }
  if (text[at + 1] != 'u') return 0;
  if (const int64_t point = ReadHex(text, at + 2, 4); point >= 0) {
    AppendCodePoint(point, out);
    return 6;
  }
  if (at + 2 >= text.size() || text[at + 2] != '{') return 0;
  const Number number = ReadNumber(text, at + 3, 16);
  if (number.value < 0 || number.end >= text.size() || text[number.end] != '}') return 0;
  AppendCodePoint(number.value, out);
  return number.end + 1 - at;
}

size_t DecodeEntity(std::string_view text, size_t at, std::string* out) {
  if (at + 1 >= text.size()) return 0;
  if (text[at + 1] == '#') {
    const bool hex = at + 2 < text.size() && text[at + 2] == 'x';
    const Number number = ReadNumber(text, at + (hex ? 3 : 2), hex ? 16 : 10);
    if (number.value < 0) return 0;
    AppendCodePoint(number.value, out);
    const bool ended = number.end < text.size() && text[number.end] == ';';
    return number.end + (ended ? 1 : 0) - at;  // browsers do without the semicolon
  }
  const std::string_view rest = text.substr(at + 1);
  const auto* found =
      std::find_if(kEntities.begin(), kEntities.end(), [rest](const Entity& entity) {
        return rest.starts_with(entity.name) && rest.size() > entity.name.size() &&
               rest[entity.name.size()] == ';';
      });
  if (found == kEntities.end()) return 0;
  out->push_back(found->as);
  return found->name.size() + 2;
}

// One round. `*percent`: something was percent-encoded, so `+` is a space.
bool DecodeOnce(std::string_view text, bool* percent, std::string* out) {
  out->clear();
  bool changed = false;
  for (size_t i = 0; i < text.size();) {
    size_t used = 0;
    if (text[i] == '%') {
      used = DecodePercent(text, i, out);
      *percent = *percent || used > 0;
    } else if (text[i] == '\\') {
      used = DecodeBackslash(text, i, out);
    } else if (text[i] == '&') {
      used = DecodeEntity(text, i, out);
    }
    changed = changed || used > 0;
    if (used == 0) out->push_back(text[i++]);
    i += used;
  }
  return changed;
}

}  // namespace

bool MayBeEncoded(std::string_view folded) {
  return folded.find_first_of("%&\\") != std::string_view::npos;
}

std::string Decode(std::string_view folded) {
  std::string text(folded), next;
  bool percent = false;
  for (int round = 0; round < kRounds && DecodeOnce(text, &percent, &next); ++round) {
    text = Fold(next);
  }
  if (percent) std::replace(text.begin(), text.end(), '+', ' ');
  return text;
}

std::string WithoutSqlComments(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i, 2) != "/*") {
      plain.push_back(text[i++]);
      continue;
    }
    i += 2;
    const size_t end = std::min(text.find("*/", i), text.size());
    if (i < text.size() && text[i] == '!') {
      ++i;
      while (i < end && text[i] >= '0' && text[i] <= '9') ++i;  // the version from which on
      plain.push_back(' ');
      plain.append(text.substr(i, end - i));
    }
    plain.push_back(' ');
    i = std::min(end + 2, text.size());
  }
  return plain;
}

std::string WithoutControls(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
               [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  return plain;
}

std::string WithoutShellQuotes(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  const auto skip = [&text](size_t i, std::string_view what) {
    return text.substr(i, what.size()) == what;
  };
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"' || c == '\\' || c == '^') {
      ++i;
    } else if (skip(i, "${ifs}") || skip(i, "$ifs$9")) {
      plain.push_back(' ');
      i += 6;
    } else if (skip(i, "$ifs")) {
      plain.push_back(' ');
      i += 4;
    } else if (skip(i, "$@") || skip(i, "$*") || skip(i, "$1")) {
      i += 2;
    } else {
      plain.push_back(c);
      ++i;
    }
  }
  return plain;
}

}  // namespace warden::content
