// Sixth stage: who makes the call, after all credentials.
#ifndef WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_
#define WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_

#include "interceptors/policy_control.h"
#include "interceptors/stage.h"

namespace warden {

// Sets Call::policy, the version that is in force now and decides the rest of the call, and
// Call::principal: its roles for peer, token and API key. Never refuses.
class PrincipalStage final : public Stage {
 public:
  // `policies` must outlive the stage.
  explicit PrincipalStage(const PolicyControl* policies) : policies_(policies) {}
  std::string_view name() const override { return "principal"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const PolicyControl* const policies_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_PRINCIPAL_H_
