// The start-up check of annotations against the policy; `warden proto lint` calls the same.
#ifndef WARDEN_AUTHZ_POLICY_CHECK_H_
#define WARDEN_AUTHZ_POLICY_CHECK_H_

#include <vector>

#include "absl/types/span.h"
#include "authz/config/problem.h"

namespace google::protobuf {
class MethodDescriptor;
}  // namespace google::protobuf

namespace warden {

class Policy;
struct MethodAccess;

// Why a server with these methods must not start: methods without annotation, annotations that
// contradict themselves, permissions that no role gives. All of them, in the methods' order.
// Without a policy (null) only the annotations are checked. Limits and field rules are checked by
// their own modules.
std::vector<Problem> CheckMethods(
    absl::Span<const google::protobuf::MethodDescriptor* const> methods, const Policy* policy);

// The part of it that hangs on the policy: permissions of the method that no role gives.
std::vector<Problem> CheckPermissions(const google::protobuf::MethodDescriptor& method,
                                      const MethodAccess& access, const Policy& policy);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_CHECK_H_
