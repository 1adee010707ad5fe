// What is wrong, or worth knowing, about annotated methods: the findings of `warden proto lint`.
#ifndef WARDEN_TOOLS_WARDEN_PROTO_LINT_H_
#define WARDEN_TOOLS_WARDEN_PROTO_LINT_H_

#include <google/protobuf/descriptor.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "authz/policy/policy.h"

namespace warden::cli {

struct Finding {
  // A server with an error does not start.
  enum class Severity { kError, kWarning, kNote };
  Severity severity = Severity::kError;
  std::string rule;     // a name of LintRules()
  std::string place;    // "orders.proto:12:3"
  std::string message;  // one line

  friend bool operator==(const Finding&, const Finding&) = default;
};

std::string_view ToString(Finding::Severity severity);

// What a team may choose.
struct LintChoices {
  // How grave a rule's findings are for it; nothing for a rule that is off. What keeps a server
  // from starting stays an error, whatever stands here.
  std::map<std::string, std::optional<Finding::Severity>> levels;
  // Methods that are meant to be public, by full name: `/shop.v1.Shop/Status`.
  std::set<std::string> public_methods;
};

// The names of all rules, sorted.
std::vector<std::string> LintRules();
// Reads "RULE=error", "RULE=warning", "RULE=note" or "RULE=off" into `choices`. InvalidArgument for
// an unknown rule, and one that cannot be chosen.
absl::Status ReadLevel(std::string_view text, LintChoices* choices);

// Everything that the server checks at start-up, with the same code, and what is only advice.
// `policy` may be null.
std::vector<Finding> LintMethods(
    const std::vector<const google::protobuf::MethodDescriptor*>& methods, const Policy* policy,
    const LintChoices& choices);

// The lines "place: message" of a policy that could not be loaded.
std::vector<Finding> PolicyFindings(const absl::Status& status);

std::string FindingsAsText(const std::vector<Finding>& findings);
std::string FindingsAsJson(const std::vector<Finding>& findings);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_PROTO_LINT_H_
