// Why a policy allows or refuses a call: every step of the decision, with the lines that made it.
#ifndef WARDEN_AUTHZ_POLICY_EXPLAIN_H_
#define WARDEN_AUTHZ_POLICY_EXPLAIN_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/policy/access.h"
#include "authz/policy/caller_match.h"
#include "authz/policy/policy.h"

namespace warden {

struct ExplainStep {
  enum class Kind {
    kBinding,     // a binding of the policy, that holds or not
    kRole,        // a role of the caller, bound or inherited
    kPermission,  // one that the method asks for, that the caller has or not
    kDenial,      // a denial that concerns the method, that holds or not
    kVerdict,     // the last step
  };
  Kind kind;
  bool holds = false;     // kVerdict: the call is allowed
  std::string place;      // "policy.yaml:12:5"; "" where no line of the policy says it
  std::string text;       // on one line: "gives reader" or "does not hold: peer, addresses"
  bool decisive = false;  // what the verdict hangs on: denials that hold, else missing permissions
};

std::string_view ToString(ExplainStep::Kind kind);

struct Explanation {
  AccessVerdict verdict = AccessVerdict::kLacking;
  std::vector<ExplainStep> steps;  // in the order of Kind

  bool allowed() const {
    return verdict == AccessVerdict::kAllowed || verdict == AccessVerdict::kAllowedByBreakGlass;
  }
};

// The caller need not exist, and nothing of it is verified here. `method` is the full name,
// "/pkg.Service/Method"; `address` as Policy::Where takes it. The verdict is the one that a server
// gives the same call. InvalidArgument where AccessRule::Compile refuses. Texts name roles,
// permissions and places, none of the caller's claims. Pure, thread-safe.
absl::StatusOr<Explanation> ExplainAccess(const std::shared_ptr<const Policy>& policy,
                                          const MethodAccess& access, std::string_view method,
                                          const CallerFacts& caller, std::string_view address);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_EXPLAIN_H_
