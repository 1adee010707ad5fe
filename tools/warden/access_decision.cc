#include "tools/warden/access_decision.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/apikey/verified_api_key.h"
#include "authz/condition/access_environment.h"
#include "authz/policy/access.h"
#include "authz/policy/access_condition.h"
#include "authz/policy/explain.h"
#include "authz/principal.h"
#include "authz/token/verified_token.h"
#include "nlohmann/json.hpp"
#include "tools/warden/descriptors.h"
#include "tools/warden/hypothetical_caller.h"

namespace warden::cli {
namespace {

std::string StepText(const ExplainStep& step) {
  return absl::StrCat(step.place, step.place.empty() ? "" : ": ", std::string(ToString(step.kind)),
                      ": ", step.text);
}

// What the verdict hangs on: the decisive steps; for a call that is allowed, what it asks for.
std::string Because(const Explanation& explanation) {
  std::vector<std::string> decisive;
  for (const ExplainStep& step : explanation.steps) {
    if (step.decisive && step.kind != ExplainStep::Kind::kVerdict)
      decisive.push_back(StepText(step));
  }
  if (decisive.empty() && !explanation.steps.empty()) {
    decisive.push_back(StepText(explanation.steps.back()));
  }
  return absl::StrJoin(decisive, "; ");
}

// The condition's step; true where there is none.
bool AskCondition(const AccessCondition& condition, const Question& question,
                  const Principal& principal, const std::string& method, std::string* step) {
  condition::AccessFacts facts = FactsOf(principal);
  facts.method = method;
  facts.now = question.now;
  facts.address = question.caller.address();
  facts.request = question.request;
  const condition::AccessActivation activation(facts);
  for (const auto& part : {condition.before_body, condition.with_body}) {
    if (!part.has_value()) continue;
    const condition::Outcome outcome = part->Evaluate(activation);
    if (outcome.holds()) continue;
    *step = outcome.verdict == condition::Verdict::kFalse
                ? "does not hold"
                : absl::StrCat("cannot be evaluated: ", condition::ErrorText(outcome));
    return false;
  }
  *step = "holds";
  return true;
}

}  // namespace

absl::StatusOr<Decision> Decide(const Question& question) {
  const absl::StatusOr<MethodAccess> access = ResolveAccess(*question.method);
  if (!access.ok()) return access.status();
  const absl::StatusOr<VerifiedCredentials> caller = MakeCredentials(question.caller, question.now);
  if (!caller.ok()) return caller.status();
  std::optional<TokenClaims> token;
  if (caller->token != nullptr)
    token.emplace(TokenClaims{caller->token->issuer(), caller->token->claims()});
  std::optional<ApiKeyFacts> key;
  if (caller->api_key != nullptr) {
    key.emplace(ApiKeyFacts{caller->api_key->id(), caller->api_key->scopes()});
  }
  const CallerFacts facts{.peer = caller->peer.get(),
                          .token = token.has_value() ? &*token : nullptr,
                          .api_key = key.has_value() ? &*key : nullptr};
  const std::string method = FullName(*question.method);
  const absl::StatusOr<Explanation> explanation =
      ExplainAccess(question.policy, *access, method, facts, question.caller.address());
  if (!explanation.ok()) return explanation.status();
  Decision decision{
      .allowed = explanation->allowed(), .steps = {}, .because = Because(*explanation)};
  for (const ExplainStep& step : explanation->steps) {
    if (step.kind != ExplainStep::Kind::kVerdict) decision.steps.push_back(StepText(step));
  }
  if (!decision.allowed || access->condition == nullptr) return decision;
  const std::shared_ptr<const Principal> principal =
      question.policy->MakePrincipal(*caller, question.policy->Where(question.caller.address()));
  std::string found;
  decision.allowed = AskCondition(*access->condition, question, *principal, method, &found);
  const std::string step = absl::StrCat(PlaceOf(*question.method), ": condition: `",
                                        access->condition->text, "` ", found);
  decision.steps.push_back(step);
  if (!decision.allowed) decision.because = step;
  return decision;
}

std::string DecisionAsText(const Decision& decision) {
  std::string text;
  for (const std::string& step : decision.steps) absl::StrAppend(&text, step, "\n");
  absl::StrAppend(&text, decision.allowed ? "ALLOW" : "DENY", ": ", decision.because, "\n");
  return text;
}

std::string DecisionAsJson(const Decision& decision) {
  const nlohmann::ordered_json document = {{"decision", decision.allowed ? "ALLOW" : "DENY"},
                                           {"because", decision.because},
                                           {"steps", decision.steps}};
  return document.dump(2) + "\n";
}

}  // namespace warden::cli
