// The words of an expression. Source: google/cel-spec, doc/langdef.md, "Syntax".
#ifndef WARDEN_AUTHZ_CONDITION_LEXER_H_
#define WARDEN_AUTHZ_CONDITION_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "authz/condition/problem.h"

namespace warden::condition {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kName,
    kQuotedName,
    kSymbol,
    kInt,
    kUint,
    kDouble,
    kString,
    kBytes
  };
  Kind kind = Kind::kEnd;
  size_t offset = 0;
  // kName, kQuotedName: the name; kSymbol: `&&`; kString, kBytes: the content, escapes read.
  std::string text;
  uint64_t number = 0;  // kInt, without sign; kUint
  double real = 0;      // kDouble

  bool Is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool IsName(std::string_view name) const { return kind == Kind::kName && text == name; }
};

// The tokens of `text`, the last being kEnd. After the first problem it stops, and returns nothing.
std::vector<Token> Lex(std::string_view text, ExpressionProblems* problems);

// Words that are no names: `in true false null` and those that CEL reserves.
bool IsReserved(std::string_view word);
// `in true false null`, which are not even field names.
bool IsKeyword(std::string_view word);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_LEXER_H_
