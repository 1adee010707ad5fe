#include "interceptors/stages/condition.h"

#include "absl/strings/str_cat.h"
#include "authz/policy/access_condition.h"
#include "interceptors/guarded_method.h"

namespace warden {
namespace {

std::optional<Refusal> Check(Call& call, const condition::Condition& part,
                             const AccessCondition& whole,
                             const google::protobuf::Message* request) {
  condition::AccessFacts facts = FactsOf(*call.principal);
  facts.method = call.method->name;
  facts.now = call.now;
  facts.request = request;
  if (whole.needs_address) facts.address = call.Address();
  const condition::Outcome outcome = part.Evaluate(condition::AccessActivation(facts));
  if (outcome.holds()) return std::nullopt;
  if (outcome.verdict == condition::Verdict::kFalse) {
    return Refusal{.reason = Reason::kConditionFailed, .detail = "`when` does not hold"};
  }
  return Refusal{.reason = Reason::kConditionError,
                 .detail = absl::StrCat("`when`: ", condition::ErrorText(outcome))};
}

}  // namespace

std::optional<Refusal> CheckConditionBeforeBody(Call& call) {
  const AccessCondition* condition = call.method->access.condition.get();
  if (condition == nullptr || !condition->before_body.has_value()) return std::nullopt;
  return Check(call, *condition->before_body, *condition, nullptr);
}

std::optional<Refusal> CheckConditionWithBody(Call& call,
                                              const google::protobuf::Message& request) {
  const AccessCondition* condition = call.method->access.condition.get();
  if (condition == nullptr || !condition->with_body.has_value()) return std::nullopt;
  return Check(call, *condition->with_body, *condition, &request);
}

}  // namespace warden
