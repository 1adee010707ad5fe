// What is wrong with a file or a descriptor, and where: every problem is kept, not only the first.
#ifndef WARDEN_AUTHZ_CONFIG_PROBLEM_H_
#define WARDEN_AUTHZ_CONFIG_PROBLEM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace warden {

class SourceMap;

struct Problem {
  std::string place;  // "policy.yaml:12:3" or "shop/v1/orders.proto:40:3"; a file name alone if no
                      // more is known
  std::string message;  // what is wrong and what to do, on one line

  friend bool operator==(const Problem&, const Problem&) = default;
};

// "place: message".
std::string ToString(const Problem& problem);

// Gathers problems up to a bound; what comes after it is only counted, so that a hostile file
// cannot make an endless report. Not thread-safe.
class ProblemList {
 public:
  static constexpr size_t kMostKept = 100;

  void Add(std::string place, std::string message);

  // Adds "path: message" at the path's place. An empty path stands for the whole file.
  void AddAt(const SourceMap& places, std::string_view path, std::string_view message);

  bool empty() const { return problems_.empty(); }
  size_t size() const { return problems_.size() + dropped_; }
  const std::vector<Problem>& kept() const { return problems_; }

  // OK if there is no problem, else InvalidArgument with one line for each.
  absl::Status ToStatus() const;

 private:
  std::vector<Problem> problems_;
  size_t dropped_ = 0;
};

// Foreign text as it may stand in a message: in backticks, escaped, cut off after some 60 bytes.
std::string Quoted(std::string_view text);

// The candidate that `name` was most likely meant to be, by edit distance; "" if none is near.
// Ties go to the first. Names longer than 128 bytes have no neighbours.
std::string NearestName(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean `nearest`?", or "" if no candidate is near.
std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace warden

#endif  // WARDEN_AUTHZ_CONFIG_PROBLEM_H_
