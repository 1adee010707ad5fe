// What is wrong with an expression, and where in it.
#ifndef WARDEN_AUTHZ_CONDITION_PROBLEM_H_
#define WARDEN_AUTHZ_CONDITION_PROBLEM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace warden::condition {

struct ExpressionProblem {
  int line = 1;    // from 1
  int column = 1;  // from 1, in characters
  std::string message;

  friend bool operator==(const ExpressionProblem&, const ExpressionProblem&) = default;
};

// "1:15: message".
std::string ToString(const ExpressionProblem& problem);

// Gathers the problems of one text, up to a bound. Keeps the view.
class ExpressionProblems {
 public:
  static constexpr size_t kMostKept = 20;

  explicit ExpressionProblems(std::string_view text) : text_(text) {}

  // `offset` is in bytes.
  void Add(size_t offset, std::string message);
  bool empty() const { return list_.empty(); }
  const std::vector<ExpressionProblem>& list() const { return list_; }

 private:
  std::string_view text_;
  std::vector<ExpressionProblem> list_;
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_PROBLEM_H_
