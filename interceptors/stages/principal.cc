#include "interceptors/stages/principal.h"

namespace warden {

std::optional<Refusal> PrincipalStage::Run(Call& call) {
  call.policy = policies_->live();
  call.principal = call.policy->PrincipalOf(call);
  return std::nullopt;
}

}  // namespace warden
