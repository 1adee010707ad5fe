#include "authz/policy/access_condition.h"

#include <google/protobuf/descriptor.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/principal.h"

namespace warden {

std::shared_ptr<const AccessCondition> AccessCondition::Compile(
    std::string_view text, const google::protobuf::MethodDescriptor& method,
    std::vector<std::string>* problems) {
  std::vector<condition::ExpressionProblem> found;
  const std::optional<condition::Condition> whole = condition::Condition::Compile(
      text, condition::AccessEnvironment(method.input_type()), &found);
  for (const condition::ExpressionProblem& problem : found) {
    problems->push_back(absl::StrCat("`when`, at ", ToString(problem)));
  }
  if (!whole.has_value()) return nullptr;
  if (method.client_streaming() && whole->Needs(condition::kRequest)) {
    problems->push_back(
        "`when` needs `request`, but the method's requests are a stream, whose messages no one "
        "condition can be about; leave `request` out, or make the method's request a single one");
    return nullptr;
  }
  condition::Condition::Halves halves = whole->Split(condition::kRequest);
  return std::make_shared<const AccessCondition>(AccessCondition{
      .text = std::string(text),
      .before_body = std::move(halves.without),
      .with_body = std::move(halves.with),
      .needs_address = whole->Needs(condition::kPeerAddress),
  });
}

condition::AccessFacts FactsOf(const Principal& principal) {
  return {.peer = &principal.peer(),
          .token = principal.token(),
          .api_key = principal.api_key(),
          .name = principal.name(),
          .authenticated = principal.authenticated(),
          .roles = principal.roles()};
}

}  // namespace warden
