// From text to tree. Source: google/cel-spec, doc/langdef.md, "Syntax". Left out are the
// construction of messages (`Type{field: value}`) and optional syntax (`?.`).
#ifndef WARDEN_AUTHZ_CONDITION_PARSER_H_
#define WARDEN_AUTHZ_CONDITION_PARSER_H_

#include <memory>
#include <string_view>

#include "authz/condition/ast.h"
#include "authz/condition/problem.h"

namespace warden::condition {

// Bounds on an expression, so that neither reading nor evaluating it can exhaust anything.
inline constexpr size_t kMostBytes = 16 * 1024;
inline constexpr size_t kMostNesting = 64;  // of parentheses, brackets, calls and `? :`
inline constexpr size_t kMostDepth = 256;   // of the tree: `a + b + ...` is as deep as it is long
inline constexpr size_t kMostNodes = 4096;

// Null with one problem if the text is not an expression. Does not recurse deeper than
// kMostNesting.
std::unique_ptr<Ast> Parse(std::string_view text, ExpressionProblems* problems);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_PARSER_H_
