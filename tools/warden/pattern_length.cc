#include "tools/warden/pattern_length.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"

namespace warden::cli {
namespace {

constexpr uint64_t kUnbounded = PatternLength::kUnbounded;
constexpr int kMaxDepth = 200;  // of groups

uint64_t Plus(uint64_t a, uint64_t b) { return a > kUnbounded - b ? kUnbounded : a + b; }

uint64_t Times(uint64_t a, uint64_t times) {
  if (a == 0 || times == 0) return 0;
  return a > kUnbounded / times ? kUnbounded : a * times;
}

// Of a part of a pattern.
struct Part {
  uint64_t min = 0;
  uint64_t max = 0;
  bool starts = false;  // every match of it begins at the text's beginning
  bool ends = false;    // every match of it ends at the text's end
};

// https://github.com/google/re2/wiki/Syntax, without what sets `failed`.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : left_(pattern) {}

  std::optional<Part> Parse() {
    const Part part = Alternatives(0);
    if (failed_ || !left_.empty()) return std::nullopt;
    return part;
  }

 private:
  bool Take(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }
  Part Fail() {
    failed_ = true;
    return {};
  }

  Part Alternatives(int depth);
  Part Sequence(int depth);
  Part Atom(int depth);
  Part Group(int depth);
  Part Escape();
  Part Class();
  Part Character();
  Part Repeated(Part part);
  // "{2,5}"; false if it is no repetition, and so is literal.
  bool TakeCounts(uint64_t* least, uint64_t* most);

  std::string_view left_;
  bool failed_ = false;
};

Part Parser::Alternatives(int depth) {
  if (depth > kMaxDepth) return Fail();
  Part all = Sequence(depth);
  while (!failed_ && Take("|")) {
    const Part next = Sequence(depth);
    all = {.min = std::min(all.min, next.min),
           .max = std::max(all.max, next.max),
           .starts = all.starts && next.starts,
           .ends = all.ends && next.ends};
  }
  return all;
}

Part Parser::Sequence(int depth) {
  Part all;
  bool first = true;
  while (!failed_ && !left_.empty() && left_[0] != '|' && left_[0] != ')') {
    const Part next = Repeated(Atom(depth));
    all = {.min = Plus(all.min, next.min),
           .max = Plus(all.max, next.max),
           .starts = first ? next.starts : all.starts,
           .ends = next.ends};
    first = false;
  }
  return all;
}

Part Parser::Atom(int depth) {
  if (Take("^")) return {.starts = true};
  if (Take("$")) return {.ends = true};
  if (Take("(")) return Group(depth);
  if (Take("[")) return Class();
  if (Take("\\")) return Escape();
  return Character();
}

Part Parser::Character() {
  const auto first = static_cast<unsigned char>(left_[0]);
  const size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  left_.remove_prefix(std::min(bytes, left_.size()));
  return {.min = 1, .max = 1};
}

Part Parser::Group(int depth) {
  if (Take("?P<")) {
    const size_t end = left_.find('>');
    if (end == std::string_view::npos) return Fail();
    left_.remove_prefix(end + 1);
  } else if (Take("?")) {
    // Flags. In lines of their own (`m`), ^ and $ are no ends of the text.
    while (!left_.empty() && (left_[0] == 'i' || left_[0] == 's' || left_[0] == 'U')) {
      left_.remove_prefix(1);
    }
    if (Take(")")) {
      // A repetition behind flags is one of what stands before them.
      const bool repeated = !left_.empty() && std::string_view("*+?{").find(left_[0]) != left_.npos;
      return repeated ? Fail() : Part{};
    }
    if (!Take(":")) return Fail();
  }
  const Part part = Alternatives(depth + 1);
  return Take(")") ? part : Fail();
}

Part Parser::Escape() {
  if (left_.empty()) return Fail();
  const char c = left_[0];
  left_.remove_prefix(1);
  switch (c) {
    case 'A':
      return {.starts = true};
    case 'z':
      return {.ends = true};
    case 'b':
    case 'B':
      return {};
    case 'p':
    case 'P':
      if (Take("{")) {
        const size_t end = left_.find('}');
        if (end == std::string_view::npos) return Fail();
        left_.remove_prefix(end + 1);
      } else if (!left_.empty()) {
        left_.remove_prefix(1);
      }
      return {.min = 1, .max = 1};
    case 'x':
      if (Take("{")) {
        const size_t end = left_.find('}');
        if (end == std::string_view::npos) return Fail();
        left_.remove_prefix(end + 1);
      } else {
        left_.remove_prefix(std::min<size_t>(2, left_.size()));
      }
      return {.min = 1, .max = 1};
    default:
      break;
  }
  constexpr std::string_view kOne = "dDsSwWafnrtv";
  if (kOne.find(c) != std::string_view::npos ||
      absl::ascii_ispunct(static_cast<unsigned char>(c))) {
    return {.min = 1, .max = 1};
  }
  return Fail();  // \C, \Q...\E, octal numbers
}

Part Parser::Class() {
  Take("^");
  bool first = true;
  while (!left_.empty()) {
    if (left_[0] == ']' && !first) {
      left_.remove_prefix(1);
      return {.min = 1, .max = 1};
    }
    first = false;
    if (Take("[:")) {
      const size_t end = left_.find(":]");
      if (end == std::string_view::npos) return Fail();
      left_.remove_prefix(end + 2);
    } else if (Take("\\")) {
      Escape();
      if (failed_) return {};
    } else {
      left_.remove_prefix(1);
    }
  }
  return Fail();
}

bool Parser::TakeCounts(uint64_t* least, uint64_t* most) {
  const size_t end = left_.find('}');
  if (end == std::string_view::npos || end < 2 || end > 10) return false;
  const std::string_view counts = left_.substr(1, end - 1);
  const size_t comma = counts.find(',');
  const auto read = [](std::string_view digits, uint64_t* number) {
    *number = 0;
    for (const char c : digits) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
      *number = *number * 10 + static_cast<uint64_t>(c - '0');
    }
    return !digits.empty();
  };
  if (!read(counts.substr(0, comma), least)) return false;
  if (comma == std::string_view::npos) {
    *most = *least;
  } else if (comma + 1 == counts.size()) {
    *most = kUnbounded;
  } else if (!read(counts.substr(comma + 1), most)) {
    return false;
  }
  left_.remove_prefix(end + 1);
  return true;
}

Part Parser::Repeated(Part part) {
  if (failed_ || left_.empty()) return part;
  uint64_t least = 0, most = kUnbounded;
  if (Take("*")) {
  } else if (Take("+")) {
    least = 1;
  } else if (Take("?")) {
    most = 1;
  } else if (left_[0] != '{' || !TakeCounts(&least, &most)) {
    return part;
  }
  Take("?");  // lazy
  if (!left_.empty() && (left_[0] == '*' || left_[0] == '+')) return Fail();
  return {.min = Times(part.min, least), .max = Times(part.max, most)};
}

}  // namespace

std::optional<PatternLength> LengthOf(std::string_view pattern) {
  const std::optional<Part> part = Parser(pattern).Parse();
  if (!part.has_value()) return std::nullopt;
  PatternLength length{.min = part->min, .anchored_at_start = part->starts};
  if (part->starts && part->ends) length.max = part->max;
  return length;
}

bool Excludes(std::string_view pattern, std::string_view prefix) {
  const std::optional<PatternLength> length = LengthOf(pattern);
  if (!length.has_value() || !length->anchored_at_start) return false;
  const RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  std::string min, max;
  if (!compiled.ok() || !compiled.PossibleMatchRange(&min, &max, 64)) return false;
  // The match is the beginning of the text: no text that sorts before `min` has one.
  const size_t below = std::min(prefix.size(), min.size());
  if (prefix.substr(0, below) < std::string_view(min).substr(0, below)) return true;
  // One that sorts behind `max` has one only if that ends before the two differ.
  const size_t above = std::min(prefix.size(), max.size());
  for (size_t i = 0; i < above; ++i) {
    if (prefix[i] == max[i]) continue;
    return static_cast<unsigned char>(prefix[i]) > static_cast<unsigned char>(max[i]) &&
           length->min > i;
  }
  return false;
}

}  // namespace warden::cli
