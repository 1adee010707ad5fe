// After access: was the caller authenticated well enough, and lately.
#ifndef WARDEN_INTERCEPTORS_STAGES_STEP_UP_H_
#define WARDEN_INTERCEPTORS_STAGES_STEP_UP_H_

#include "interceptors/stage.h"

namespace warden {

// Refuses a call whose token does not say what the method's `step_up` asks for, with the challenge
// that its client needs. It comes after access: who may not call is not sent to authenticate again.
class StepUpStage final : public Stage {
 public:
  std::string_view name() const override { return "step_up"; }
  std::optional<Refusal> Run(Call& call) override;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_STEP_UP_H_
