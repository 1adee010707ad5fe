// `when` of a policy's bindings and denials. Internal to authz/policy.
#ifndef WARDEN_AUTHZ_POLICY_POLICY_CONDITION_H_
#define WARDEN_AUTHZ_POLICY_POLICY_CONDITION_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/condition/condition.h"

namespace warden {

// Nothing, and one text a problem, if it is no condition for it. A binding's does not know the
// roles, which it decides on, nor the method: roles are a caller's, whatever they call.
std::optional<condition::Condition> CompileBindingCondition(std::string_view text,
                                                            std::vector<std::string>* problems);
std::optional<condition::Condition> CompileDenialCondition(std::string_view text,
                                                           std::vector<std::string>* problems);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_POLICY_CONDITION_H_
