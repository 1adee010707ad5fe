#include "authz/condition/lexer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "authz/condition/text_literal.h"
#include "authz/config/problem.h"

namespace warden::condition {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

// The longer before the shorter.
constexpr std::array<std::string_view, 24> kSymbols = {
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*",
    "/",  "%",  "?",  ":",  ".",  ",",  "(", ")", "[", "]", "{", "}"};

class Lexer {
 public:
  Lexer(std::string_view text, ExpressionProblems* problems) : text_(text), problems_(problems) {}

  std::vector<Token> Run() {
    while (problems_->empty()) {
      SkipSpace();
      Token token;
      token.offset = at_;
      if (at_ < text_.size()) Read(&token);
      tokens_.push_back(std::move(token));
      if (tokens_.back().kind == Token::Kind::kEnd) break;
    }
    return problems_->empty() ? std::move(tokens_) : std::vector<Token>();
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool StartsWith(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (StartsWith("//")) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else {
        return;
      }
    }
  }

  void Read(Token* token) {
    if (IsDigit(Peek()) || (Peek() == '.' && IsDigit(Peek(1)))) return ReadNumber(token);
    if (StartsTextLiteral(text_.substr(at_))) return ReadText(token);
    if (Peek() == '`') return ReadQuotedName(token);
    if (IsNameStart(Peek())) {
      const size_t begin = at_;
      while (IsNamePart(Peek())) ++at_;
      token->kind = Token::Kind::kName;
      token->text = std::string(text_.substr(begin, at_ - begin));
      return;
    }
    for (const std::string_view symbol : kSymbols) {
      if (!StartsWith(symbol)) continue;
      token->kind = Token::Kind::kSymbol;
      token->text = std::string(symbol);
      at_ += symbol.size();
      return;
    }
    const size_t length = (static_cast<unsigned char>(Peek()) & 0x80) != 0 ? 4 : 1;
    problems_->Add(at_, absl::StrCat(Quoted(text_.substr(at_, length)),
                                     " begins nothing that an expression can have"));
  }

  void ReadText(Token* token) {
    const TextLiteral literal = ReadTextLiteral(text_.substr(at_));
    if (!literal.problem.empty()) return problems_->Add(at_ + literal.length, literal.problem);
    token->kind = literal.bytes ? Token::Kind::kBytes : Token::Kind::kString;
    token->text = literal.content;
    at_ += literal.length;
  }

  // A field's name of letters that names do not have.
  void ReadQuotedName(Token* token) {
    const size_t begin = ++at_;
    while (IsNamePart(Peek()) || Peek() == '.' || Peek() == '-' || Peek() == '/' || Peek() == ' ' ||
           Peek() == ':') {
      ++at_;
    }
    if (Peek() != '`' || at_ == begin) {
      return problems_->Add(begin - 1,
                            "a name in backticks has letters, digits, `_ . - / :` and spaces, and "
                            "ends with a backtick");
    }
    token->kind = Token::Kind::kQuotedName;
    token->text = std::string(text_.substr(begin, at_ - begin));
    ++at_;
  }

  void ReadNumber(Token* token) {
    const size_t begin = at_;
    const bool hex = Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    hex ? ReadHex(token) : ReadDecimal(token);
    if (problems_->empty() && IsNamePart(Peek())) {
      problems_->Add(begin, "a number runs into a name; put something between them");
    }
  }

  void ReadInteger(std::string_view digits, int base, size_t begin, Token* token) {
    token->kind = Token::Kind::kInt;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), token->number, base);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return problems_->Add(begin, "not a number of 64 bits");
    }
    if (Peek() != 'u' && Peek() != 'U') return;
    token->kind = Token::Kind::kUint;
    ++at_;
  }

  void ReadHex(Token* token) {
    const size_t begin = at_;
    at_ += 2;
    while (absl::ascii_isxdigit(static_cast<unsigned char>(Peek()))) ++at_;
    ReadInteger(text_.substr(begin + 2, at_ - begin - 2), 16, begin, token);
  }

  void ReadDecimal(Token* token) {
    const size_t begin = at_;
    bool real = false;
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      real = true;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 2 : 1;
    if ((Peek() == 'e' || Peek() == 'E') && IsDigit(Peek(sign))) {
      real = true;
      at_ += sign;
      while (IsDigit(Peek())) ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (!real) return ReadInteger(digits, 10, begin, token);
    token->kind = Token::Kind::kDouble;
    // What is too small becomes 0, what is too large infinite.
    const bool read =
        absl::SimpleAtod(absl::string_view(digits.data(), digits.size()), &token->real);
    if (!read || std::isinf(token->real)) {
      problems_->Add(begin, "not a number that a double can be near to");
    }
  }

  std::string_view text_;
  ExpressionProblems* problems_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Token> Lex(std::string_view text, ExpressionProblems* problems) {
  return Lexer(text, problems).Run();
}

bool IsKeyword(std::string_view word) {
  return word == "in" || word == "true" || word == "false" || word == "null";
}

bool IsReserved(std::string_view word) {
  constexpr std::array<std::string_view, 17> kReserved = {
      "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
      "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
  if (IsKeyword(word)) return true;
  for (const std::string_view each : kReserved) {
    if (word == each) return true;
  }
  return false;
}

}  // namespace warden::condition
