// Problems of a part that lists its own, one a line of a status.
#ifndef WARDEN_INTERCEPTORS_PROBLEM_LINES_H_
#define WARDEN_INTERCEPTORS_PROBLEM_LINES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "authz/config/problem.h"

namespace warden {

// Adds each line of the status' message as a problem of `place`.
inline void AddLines(std::string_view place, const absl::Status& status, ProblemList* problems) {
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipEmpty())) {
    problems->Add(std::string(place), std::string(line));
  }
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PROBLEM_LINES_H_
