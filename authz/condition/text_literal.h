// String and bytes literals. Source: google/cel-spec, doc/langdef.md, "String and Bytes Values".
#ifndef WARDEN_AUTHZ_CONDITION_TEXT_LITERAL_H_
#define WARDEN_AUTHZ_CONDITION_TEXT_LITERAL_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace warden::condition {

struct TextLiteral {
  bool bytes = false;
  std::string content;  // escapes read; a string's is valid UTF-8
  size_t length = 0;    // of the literal as written; with a problem, where that is
  std::string problem;  // "" if there is none
};

// Whether a literal begins here: a quote, or `r`, `b`, `br` or `rb` (any case) and a quote.
bool StartsTextLiteral(std::string_view text);

// REQUIRES: StartsTextLiteral(text).
TextLiteral ReadTextLiteral(std::string_view text);

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_TEXT_LITERAL_H_
