#include "authz/condition/text_literal.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"

namespace warden::condition {
namespace {

size_t PrefixLength(std::string_view text) {
  size_t length = 0;
  bool raw = false;
  bool bytes = false;
  while (length < text.size()) {
    const char c = absl::ascii_tolower(static_cast<unsigned char>(text[length]));
    bool& seen = c == 'r' ? raw : bytes;
    if ((c != 'r' && c != 'b') || seen) break;
    seen = true;
    ++length;
  }
  return length;
}

void AppendUtf8(uint32_t code, std::string* out) {
  const auto add = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

uint32_t DigitOf(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? static_cast<uint32_t>(lower - 'a') + 10 : 99;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  TextLiteral Run() {
    ReadOpening();
    while (literal_.problem.empty()) {
      if (at_ >= text_.size()) {
        Problem("the text has no end; close it with the quotes that it began with");
      } else if (text_.substr(at_).starts_with(quotes_)) {
        at_ += quotes_.size();
        break;
      } else {
        ReadCharacter();
      }
    }
    if (literal_.problem.empty() && !literal_.bytes && !IsValidUtf8(literal_.content)) {
      Problem("a string must be valid UTF-8; for other bytes write b'...'");
    }
    literal_.length = at_;
    return std::move(literal_);
  }

 private:
  void Problem(const char* message) {
    if (literal_.problem.empty()) literal_.problem = message;
  }

  void ReadOpening() {
    const size_t prefix = PrefixLength(text_);
    for (const char c : text_.substr(0, prefix)) {
      (c == 'r' || c == 'R' ? raw_ : literal_.bytes) = true;
    }
    const std::string_view rest = text_.substr(prefix);
    const bool triple = rest.starts_with("'''") || rest.starts_with("\"\"\"");
    quotes_ = rest.substr(0, triple ? 3 : 1);
    at_ = prefix + quotes_.size();
  }

  void ReadCharacter() {
    const char c = text_[at_];
    if (quotes_.size() == 1 && (c == '\n' || c == '\r')) {
      return Problem("a text in single quotes ends on its line; write \\n, or use ''' or \"\"\"");
    }
    if (c == '\\' && !raw_) return ReadEscape();
    literal_.content.push_back(c);
    ++at_;
  }

  void ReadEscape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
    if (const size_t found = kLetters.find(c); c != '\0' && found != std::string_view::npos) {
      literal_.content.push_back(kMeanings[found]);
      at_ += 2;
    } else if (c == 'x' || c == 'X') {
      ReadNumber(2, 2, 16);
    } else if (c == 'u' && !literal_.bytes) {
      ReadNumber(2, 4, 16);
    } else if (c == 'U' && !literal_.bytes) {
      ReadNumber(2, 8, 16);
    } else if (c >= '0' && c <= '3') {
      ReadNumber(1, 3, 8);
    } else {
      Problem(
          "no such escape; there are \\a \\b \\f \\n \\r \\t \\v \\\\ \\? \\\" \\' \\` \\xHH "
          "\\ooo, and in strings \\uHHHH and \\UHHHHHHHH");
    }
  }

  void ReadNumber(size_t skip, size_t digits, uint32_t base) {
    uint32_t code = 0;
    for (size_t i = 0; i < digits; ++i) {
      const size_t at = at_ + skip + i;
      const uint32_t digit = at < text_.size() ? DigitOf(text_[at]) : 99;
      if (digit >= base) return Problem("an escape with too few digits");
      code = code * base + digit;
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (!literal_.bytes && (surrogate || code > 0x10FFFF)) {
      return Problem("an escape of what is no character of Unicode");
    }
    at_ += skip + digits;
    literal_.bytes ? literal_.content.push_back(static_cast<char>(code))
                   : AppendUtf8(code, &literal_.content);
  }

  std::string_view text_;
  std::string_view quotes_;
  TextLiteral literal_;
  bool raw_ = false;
  size_t at_ = 0;
};

// How many bytes a well-formed sequence has at the front of `text`; 0 if there is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : length;
}

}  // namespace

bool StartsTextLiteral(std::string_view text) {
  const size_t prefix = PrefixLength(text);
  return prefix < text.size() && (text[prefix] == '\'' || text[prefix] == '"');
}

TextLiteral ReadTextLiteral(std::string_view text) { return Reader(text).Run(); }

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace warden::condition
