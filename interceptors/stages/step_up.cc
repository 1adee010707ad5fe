#include "interceptors/stages/step_up.h"

#include <utility>

#include "authz/policy/step_up.h"
#include "interceptors/guarded_method.h"

namespace warden {

std::optional<Refusal> StepUpStage::Run(Call& call) {
  const std::shared_ptr<const StepUpRule>& rule = call.method->step_up;
  if (rule == nullptr) return std::nullopt;
  std::string lacks = WhatTokenLacks(rule->need, call.token.get(), call.now);
  if (lacks.empty()) return std::nullopt;
  return Refusal{.reason = Reason::kStepUpRequired, .detail = std::move(lacks), .step_up = rule};
}

}  // namespace warden
