#include "interceptors/stages/authorize.h"

#include "interceptors/guarded_method.h"
#include "interceptors/stages/condition.h"

namespace warden {
namespace {

Reason LackingReason(const Call& call) {
  const MethodAuthn& authn = call.method->authn;
  const bool brought = call.token != nullptr || call.api_key != nullptr;
  // There is nothing better to bring where only the peer's certificate counts.
  const bool could_bring = authn.Accepts(Credential::kBearer) || authn.Accepts(Credential::kApiKey);
  return !brought && could_bring ? Reason::kCredentialsMissing : Reason::kPermissionDenied;
}

void NoteShadow(const PolicySnapshot& shadow, bool allowed, Call& call) {
  const AccessRule& rule = shadow.RuleOf(*call.method);
  const std::shared_ptr<const Principal> principal = shadow.PrincipalOf(call);
  const bool would_allow = rule.Allows(*principal);
  if (would_allow == allowed) return;
  call.notes.push_back({.event = DecisionEvent::kShadowDifference,
                        .would_allow = would_allow,
                        .allowed = allowed,
                        .stage = "authorize",
                        .detail = would_allow
                                      ? call.policy->RuleOf(*call.method).WhyDenied(*call.principal)
                                      : rule.WhyDenied(*principal)});
}

}  // namespace

std::optional<Refusal> AuthorizeStage::Run(Call& call) {
  const AccessRule& rule = call.policy->RuleOf(*call.method);
  const AccessVerdict verdict = rule.Judge(*call.principal);
  const bool allowed =
      verdict == AccessVerdict::kAllowed || verdict == AccessVerdict::kAllowedByBreakGlass;
  if (policies_->has_shadow()) {
    try {
      NoteShadow(*policies_->shadow(), allowed, call);
    } catch (...) {
      // What is only tried must not stop what is in force.
    }
  }
  if (verdict == AccessVerdict::kAllowedByBreakGlass) {
    call.notes.push_back({.event = DecisionEvent::kBreakGlass,
                          .stage = "authorize",
                          .detail = rule.WhyBreakGlass(*call.principal)});
  }
  if (allowed) return CheckConditionBeforeBody(call);
  return Refusal{
      .reason = verdict == AccessVerdict::kDenied ? Reason::kPolicyDenied : LackingReason(call),
      .detail = rule.WhyDenied(*call.principal)};
}

}  // namespace warden
