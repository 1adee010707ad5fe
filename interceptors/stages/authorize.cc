#include "interceptors/stages/authorize.h"

#include "interceptors/guarded_method.h"
#include "interceptors/stages/condition.h"

namespace warden {

std::optional<Refusal> AuthorizeStage::Run(Call& call) {
  const AccessRule& rule = call.method->access;
  if (rule.Allows(*call.principal)) return CheckConditionBeforeBody(call);
  const MethodAuthn& authn = call.method->authn;
  const bool brought = call.token != nullptr || call.api_key != nullptr;
  // There is nothing better to bring where only the peer's certificate counts.
  const bool could_bring = authn.Accepts(Credential::kBearer) || authn.Accepts(Credential::kApiKey);
  const Reason reason =
      !brought && could_bring ? Reason::kCredentialsMissing : Reason::kPermissionDenied;
  return Refusal{.reason = reason, .detail = rule.WhyDenied(*call.principal)};
}

}  // namespace warden
