// Eighth stage: may they.
#ifndef WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
#define WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_

#include "interceptors/policy_control.h"
#include "interceptors/stage.h"

namespace warden {

// Refuses unless the method's access rule allows the principal, and what of its condition needs no
// request holds. A caller who brought neither
// token nor API key is told to bring credentials, one who brought good ones, or could not bring any
// that the method takes, that they do not suffice. Notes a call that only a break-glass role
// allows, and one that the shadow policy would decide otherwise; what goes wrong with the latter
// has no effect.
class AuthorizeStage final : public Stage {
 public:
  // `policies` must outlive the stage.
  explicit AuthorizeStage(const PolicyControl* policies) : policies_(policies) {}
  std::string_view name() const override { return "authorize"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const PolicyControl* const policies_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
