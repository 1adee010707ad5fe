// Which records of an audit log are asked for.
#ifndef WARDEN_TOOLS_WARDEN_AUDIT_FILTER_H_
#define WARDEN_TOOLS_WARDEN_AUDIT_FILTER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace warden::cli {

// Terms that all must hold: `decision=denied method=/pkg.S/* reason!=rate_limited since=1h`. A name
// is a field of warden.v1.AuditRecord; `*` in a value stands for any text; a field that a record
// does not have is "". `since` and `until` take a time (2030-01-31T00:00:00Z) or how long ago it
// was (90m). Immutable, thread-safe.
class AuditFilter {
 public:
  // InvalidArgument for a term that is none of these, with the nearest name that is one.
  static absl::StatusOr<AuditFilter> Parse(const std::vector<std::string>& texts, absl::Time now);

  bool Matches(const nlohmann::json& record) const;

 private:
  struct Term {
    std::string field;
    std::string pattern;
    bool equal = true;
  };

  std::vector<Term> terms_;
  absl::Time since_ = absl::InfinitePast();
  absl::Time until_ = absl::InfiniteFuture();
};

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_AUDIT_FILTER_H_
