#include "authz/condition/problem.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden::condition {

std::string ToString(const ExpressionProblem& problem) {
  return absl::StrCat(problem.line, ":", problem.column, ": ", problem.message);
}

void ExpressionProblems::Add(size_t offset, std::string message) {
  if (list_.size() >= kMostKept) return;
  ExpressionProblem problem;
  for (const char c : text_.substr(0, std::min(offset, text_.size()))) {
    if (c == '\n') {
      ++problem.line;
      problem.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++problem.column;
    }
  }
  problem.message = std::move(message);
  list_.push_back(std::move(problem));
}

}  // namespace warden::condition
