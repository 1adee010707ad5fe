// `when` of an annotation, compiled against its method's request.
#ifndef WARDEN_AUTHZ_POLICY_ACCESS_CONDITION_H_
#define WARDEN_AUTHZ_POLICY_ACCESS_CONDITION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/condition/access_environment.h"
#include "authz/condition/condition.h"

namespace google::protobuf {
class MethodDescriptor;
}  // namespace google::protobuf

namespace warden {

class Principal;

// Immutable, thread-safe. The whole holds if and only if both halves hold.
struct AccessCondition {
  std::string text;
  // What needs no request, and is decided before the body is parsed; and the rest. Nothing where
  // there is no such part.
  std::optional<condition::Condition> before_body;
  std::optional<condition::Condition> with_body;
  bool needs_address = false;

  // Null, and what is wrong with it, one text a problem, if it is not a condition for the method.
  // The descriptor must outlive it.
  static std::shared_ptr<const AccessCondition> Compile(
      std::string_view text, const google::protobuf::MethodDescriptor& method,
      std::vector<std::string>* problems);
};

// What is known of the caller; time, address, method and request are the caller's to add. Keeps
// views of the principal.
condition::AccessFacts FactsOf(const Principal& principal);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_ACCESS_CONDITION_H_
