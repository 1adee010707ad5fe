#include "interceptors/limits/limit_spec.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/limits/gcra.h"

namespace warden {

std::vector<std::string> FindSpecProblems(const LimitSpec& spec) {
  std::vector<std::string> problems;
  if (spec.requests < 1) problems.push_back("requests: must be at least 1");
  if (spec.per < kMinPer || spec.per > kMaxPer) {
    problems.push_back(
        absl::StrCat("per: must be 1 ms to 30 days, is ", absl::FormatDuration(spec.per)));
  }
  if (spec.burst < 1) problems.push_back("burst: must be at least 1");
  if (problems.empty() && !IsValid(spec)) {
    problems.push_back(absl::StrCat("burst: ", spec.burst, " would take more than ", kMaxFillDays,
                                    " days to regain"));
  }
  return problems;
}

absl::Status CheckLimit(const LimitSpec& spec) {
  const std::vector<std::string> problems = FindSpecProblems(spec);
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
}

}  // namespace warden
