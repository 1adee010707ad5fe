#include "interceptors/stages/authorize.h"

#include "interceptors/guarded_method.h"

namespace warden {

std::optional<Refusal> AuthorizeStage::Run(Call& call) {
  const AccessRule& rule = call.method->access;
  if (rule.Allows(*call.principal)) return std::nullopt;
  const Reason reason =
      call.token == nullptr ? Reason::kCredentialsMissing : Reason::kPermissionDenied;
  return Refusal{.reason = reason, .detail = rule.WhyDenied(*call.principal)};
}

}  // namespace warden
