#include "authz/policy/policy_condition.h"

#include "absl/strings/str_cat.h"
#include "authz/condition/access_environment.h"

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

}  // namespace warden
