#include "authz/condition/parser.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/condition/lexer.h"
#include "authz/config/problem.h"

namespace warden::condition {
namespace {

using Node = std::unique_ptr<Ast>;

// How tightly a binary operator binds; 0 for what is none.
int BindingOf(const Token& token) {
  if (token.Is("||")) return 1;
  if (token.Is("&&")) return 2;
  if (token.IsName("in")) return 3;
  for (const char* relation : {"==", "!=", "<", "<=", ">", ">="}) {
    if (token.Is(relation)) return 3;
  }
  if (token.Is("+") || token.Is("-")) return 4;
  if (token.Is("*") || token.Is("/") || token.Is("%")) return 5;
  return 0;
}

// After the first problem every function returns null, and all ends.
class Parser {
 public:
  Parser(std::vector<Token> tokens, ExpressionProblems* problems)
      : tokens_(std::move(tokens)), problems_(problems) {}

  Node Run() {
    Node whole = Expression();
    if (whole != nullptr && Now().kind != Token::Kind::kEnd) {
      return Problem(absl::StrCat("nothing can follow here but an operator; found ", Found()));
    }
    return whole;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  bool Take(std::string_view symbol) {
    if (!Now().Is(symbol)) return false;
    ++at_;
    return true;
  }
  std::string Found() const {
    const Token& token = Now();
    if (token.kind == Token::Kind::kEnd) return "the end";
    if (token.kind == Token::Kind::kName || token.kind == Token::Kind::kSymbol) {
      return Quoted(token.text);
    }
    return "a value";
  }
  Node Problem(std::string message) { return ProblemAt(Now().offset, std::move(message)); }
  Node ProblemAt(size_t offset, std::string message) {
    if (problems_->empty()) problems_->Add(offset, std::move(message));
    return nullptr;
  }

  Node Make(Ast::Kind kind, size_t offset, std::string text, std::vector<Node> args = {}) {
    if (++nodes_ > kMostNodes) {
      return ProblemAt(offset, absl::StrCat("more than ", kMostNodes, " parts; make it shorter"));
    }
    Node node = std::make_unique<Ast>();
    node->kind = kind;
    node->offset = offset;
    node->text = std::move(text);
    for (const Node& arg : args) node->depth = std::max(node->depth, arg->depth + 1);
    node->args = std::move(args);
    if (node->depth <= kMostDepth) return node;
    return ProblemAt(offset, absl::StrCat("operators follow each other more than ", kMostDepth,
                                          " times; split the expression"));
  }

  Node Binary(const Token& token, Node left, Node right) {
    const bool logic = token.Is("&&") || token.Is("||");
    if (logic && left->kind == Ast::Kind::kOperator && left->text == token.text) {
      left->depth = std::max(left->depth, right->depth + 1);
      left->args.push_back(std::move(right));
      return left;
    }
    std::vector<Node> args;
    args.push_back(std::move(left));
    args.push_back(std::move(right));
    return Make(Ast::Kind::kOperator, token.offset, token.text, std::move(args));
  }

  Node Expression() {
    if (++nesting_ > kMostNesting) {
      return Problem(absl::StrCat("nested more than ", kMostNesting, " levels deep"));
    }
    Node result = Choice();
    --nesting_;
    return result;
  }

  Node Choice() {
    Node condition = Operators(1);
    if (condition == nullptr || !Now().Is("?")) return condition;
    const size_t offset = Now().offset;
    ++at_;
    Node yes = Operators(1);
    if (yes == nullptr) return nullptr;
    if (!Take(":")) return Problem(absl::StrCat("`? :` needs a `:` here; found ", Found()));
    Node no = Expression();
    if (no == nullptr) return nullptr;
    std::vector<Node> args;
    args.push_back(std::move(condition));
    args.push_back(std::move(yes));
    args.push_back(std::move(no));
    return Make(Ast::Kind::kOperator, offset, "?", std::move(args));
  }

  Node Operators(int least) {
    Node left = Unary();
    while (left != nullptr) {
      const Token token = Now();
      const int binding = BindingOf(token);
      if (binding < least || binding == 0) break;
      ++at_;
      Node right = Operators(binding + 1);
      if (right == nullptr) return nullptr;
      left = Binary(token, std::move(left), std::move(right));
    }
    return left;
  }

  // `!!x` and `--x`, but not `!-x`; a minus before a number belongs to it.
  Node Unary() {
    std::vector<size_t> signs;
    const std::string sign = Now().Is("!") ? "!" : "-";
    while (Now().Is(sign)) {
      signs.push_back(Now().offset);
      ++at_;
    }
    const bool number = Now().kind == Token::Kind::kInt || Now().kind == Token::Kind::kDouble;
    const bool negative = sign == "-" && !signs.empty() && number;
    if (negative) signs.pop_back();
    Node node = Member(negative);
    while (node != nullptr && !signs.empty()) {
      std::vector<Node> args;
      args.push_back(std::move(node));
      node = Make(Ast::Kind::kOperator, signs.back(), sign, std::move(args));
      signs.pop_back();
    }
    return node;
  }

  Node Member(bool negative) {
    Node node = Primary(negative);
    while (node != nullptr) {
      const size_t offset = Now().offset;
      if (Take("[")) {
        Node index = Expression();
        if (index == nullptr) return nullptr;
        if (!Take("]")) return Problem(absl::StrCat("an index ends with `]`; found ", Found()));
        std::vector<Node> args;
        args.push_back(std::move(node));
        args.push_back(std::move(index));
        node = Make(Ast::Kind::kOperator, offset, "[", std::move(args));
      } else if (Take(".")) {
        node = Selection(std::move(node));
      } else if (Now().Is("{")) {
        return Problem("messages cannot be made in a condition; compare their fields one by one");
      } else {
        break;
      }
    }
    return node;
  }

  Node Selection(Node operand) {
    const Token name = Now();
    const bool quoted = name.kind == Token::Kind::kQuotedName;
    if ((name.kind != Token::Kind::kName || IsKeyword(name.text)) && !quoted) {
      return Problem(absl::StrCat("a field's or function's name follows a dot; found ", Found(),
                                  "; other names stand in backticks or in [\"...\"]"));
    }
    ++at_;
    std::vector<Node> args;
    args.push_back(std::move(operand));
    if (quoted || !Take("(")) {
      return Make(Ast::Kind::kSelect, name.offset, name.text, std::move(args));
    }
    if (!List(")", &args)) return nullptr;
    Node call = Make(Ast::Kind::kCall, name.offset, name.text, std::move(args));
    if (call != nullptr) call->member = true;
    return call;
  }

  // Expressions up to `end`, which is taken. Brackets allow a comma at the end.
  bool List(std::string_view end, std::vector<Node>* into) {
    if (Take(end)) return true;
    while (true) {
      Node each = Expression();
      if (each == nullptr) return false;
      into->push_back(std::move(each));
      const bool comma = Take(",");
      if (Take(end)) {
        if (!comma || end == "]") return true;
        Problem("an argument follows a comma");
        return false;
      }
      if (comma) continue;
      Problem(absl::StrCat("a list goes on with `,` or ends with `", std::string(end), "`; found ",
                           Found()));
      return false;
    }
  }

  bool Entries(std::vector<Node>* into) {
    while (!Take("}")) {
      for (const char* after : {":", ""}) {
        Node part = Expression();
        if (part == nullptr) return false;
        into->push_back(std::move(part));
        if (*after == ':' && !Take(":")) {
          Problem(absl::StrCat("a map's key and value have a `:` between them; found ", Found()));
          return false;
        }
      }
      if (!Take(",") && !Now().Is("}")) {
        Problem(absl::StrCat("a map goes on with `,` or ends with `}`; found ", Found()));
        return false;
      }
    }
    return true;
  }

  Node Primary(bool negative) {
    const Token token = Now();
    if (token.kind == Token::Kind::kName || token.Is(".")) return Name();
    ++at_;
    if (token.Is("(")) {
      Node inner = Expression();
      if (inner == nullptr) return nullptr;
      return Take(")") ? std::move(inner)
                       : Problem(absl::StrCat("`(` needs its `)` here; found ", Found()));
    }
    if (token.Is("[") || token.Is("{")) {
      std::vector<Node> args;
      const bool list = token.Is("[");
      if (!(list ? List("]", &args) : Entries(&args))) return nullptr;
      return Make(list ? Ast::Kind::kList : Ast::Kind::kMap, token.offset, "", std::move(args));
    }
    if (token.kind == Token::Kind::kSymbol || token.kind == Token::Kind::kEnd ||
        token.kind == Token::Kind::kQuotedName) {
      --at_;
      return Problem(absl::StrCat("a value, a name or `(` is needed here; found ", Found()));
    }
    return Literal(token, negative);
  }

  Node Literal(const Token& token, bool negative) {
    Node node = Make(Ast::Kind::kLiteral, token.offset, token.text);
    if (node == nullptr) return nullptr;
    constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    switch (token.kind) {
      case Token::Kind::kInt:
        if (token.number > kMost + (negative ? 1 : 0)) {
          return ProblemAt(token.offset,
                           "not a signed number of 64 bits; unsigned ones end in `u`");
        }
        // Wraps as two's complement does, which C++20 guarantees.
        node->value = Value::Int(static_cast<int64_t>(negative ? 0 - token.number : token.number));
        break;
      case Token::Kind::kUint:
        node->value = Value::Uint(token.number);
        break;
      case Token::Kind::kDouble:
        node->value = Value::Double(negative ? -token.real : token.real);
        break;
      default:
        node->value.kind = token.kind == Token::Kind::kBytes ? Kind::kBytes : Kind::kString;
    }
    return node;
  }

  Node Name() {
    const bool absolute = Take(".");
    const Token token = Now();
    if (token.kind != Token::Kind::kName) {
      return Problem(absl::StrCat("a name follows a dot; found ", Found()));
    }
    if (!absolute && IsKeyword(token.text) && token.text != "in") {
      ++at_;
      Node node = Make(Ast::Kind::kLiteral, token.offset, token.text);
      if (node == nullptr) return nullptr;
      node->value = token.text == "null" ? Value::Null() : Value::Bool(token.text == "true");
      return node;
    }
    if (IsReserved(token.text)) {
      return Problem(absl::StrCat(Quoted(token.text), " is a reserved word and no name"));
    }
    ++at_;
    if (!Take("(")) {
      Node node = Make(Ast::Kind::kName, token.offset, token.text);
      if (node != nullptr) node->absolute = absolute;
      return node;
    }
    std::vector<Node> args;
    if (!List(")", &args)) return nullptr;
    return Make(Ast::Kind::kCall, token.offset, token.text, std::move(args));
  }

  std::vector<Token> tokens_;
  ExpressionProblems* problems_;
  size_t at_ = 0;
  size_t nesting_ = 0;
  size_t nodes_ = 0;
};

}  // namespace

std::unique_ptr<Ast> Parse(std::string_view text, ExpressionProblems* problems) {
  if (text.size() > kMostBytes) {
    problems->Add(0, absl::StrCat("longer than ", kMostBytes, " bytes; make it shorter"));
    return nullptr;
  }
  std::vector<Token> tokens = Lex(text, problems);
  return tokens.empty() ? nullptr : Parser(std::move(tokens), problems).Run();
}

}  // namespace warden::condition
