#include "authz/policy/check.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"
#include "authz/policy/policy.h"

namespace warden {

std::vector<Problem> CheckMethods(
    absl::Span<const google::protobuf::MethodDescriptor* const> methods, const Policy* policy) {
  std::vector<Problem> problems;
  for (const google::protobuf::MethodDescriptor* method : methods) {
    MethodAccess access;
    const std::vector<Problem> found = FindAccessProblems(*method, &access);
    problems.insert(problems.end(), found.begin(), found.end());
    if (policy == nullptr || !found.empty()) continue;
    const std::vector<Problem> unknown = CheckPermissions(*method, access, *policy);
    problems.insert(problems.end(), unknown.begin(), unknown.end());
  }
  return problems;
}

std::vector<Problem> CheckPermissions(const google::protobuf::MethodDescriptor& method,
                                      const MethodAccess& access, const Policy& policy) {
  std::vector<Problem> problems;
  for (const std::vector<std::string>* names : {&access.all_of, &access.any_of}) {
    for (const std::string& permission : *names) {
      if (policy.GrantsAnywhere(permission)) continue;
      problems.push_back({PlaceOf(method), absl::StrCat(method.full_name(), ": ",
                                                        UnknownPermission(permission, policy))});
    }
  }
  return problems;
}

}  // namespace warden
