#include "authz/policy/policy_condition.h"

#include "absl/strings/str_cat.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/token/verified_token.h"

namespace warden {
namespace {

std::optional<condition::Condition> Compile(std::string_view text,
                                            const condition::Environment& environment,
                                            std::vector<std::string>* problems) {
  std::vector<condition::ExpressionProblem> found;
  std::optional<condition::Condition> compiled =
      condition::Condition::Compile(text, environment, &found);
  for (const condition::ExpressionProblem& problem : found) {
    problems->push_back(absl::StrCat("at ", ToString(problem)));
  }
  return compiled;
}

// As Principal::name().
std::string_view NameOf(const VerifiedCredentials& caller) {
  if (caller.token != nullptr) return caller.token->subject();
  if (caller.api_key != nullptr) return caller.api_key->subject();
  if (caller.peer_counts && caller.peer != nullptr && caller.peer->has_certificate()) {
    return caller.peer->name();
  }
  return "anonymous";
}

}  // namespace

std::optional<condition::Condition> CompileBindingCondition(std::string_view text,
                                                            std::vector<std::string>* problems) {
  std::optional<condition::Condition> compiled =
      Compile(text, condition::BindingEnvironment(), problems);
  if (!compiled.has_value()) return compiled;
  for (const size_t variable :
       {condition::kMethodFullName, condition::kMethodService, condition::kMethodName}) {
    if (!compiled->Needs(variable)) continue;
    problems->emplace_back(
        "asks for `method`, but roles are a caller's, whatever they call; use a denial");
    break;
  }
  return compiled;
}

std::optional<condition::Condition> CompileDenialCondition(std::string_view text,
                                                           std::vector<std::string>* problems) {
  return Compile(text, condition::AccessEnvironment(nullptr), problems);
}

condition::AccessFacts FactsOf(const VerifiedCredentials& caller,
                               const std::vector<std::string>& roles) {
  static const auto* const kNoPeer = new Peer;
  const Peer* const peer = caller.peer == nullptr ? kNoPeer : caller.peer.get();
  return {.peer = peer,
          .token = caller.token.get(),
          .api_key = caller.api_key.get(),
          .name = NameOf(caller),
          .authenticated = caller.token != nullptr || caller.api_key != nullptr ||
                           (caller.peer_counts && peer->has_certificate()),
          .roles = roles};
}

}  // namespace warden
