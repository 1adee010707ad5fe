// Eighth stage: may they.
#ifndef WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
#define WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_

#include "interceptors/stage.h"

namespace warden {

// Refuses unless the method's access rule allows the principal, and what of its condition needs no
// request holds. A caller who brought neither
// token nor API key is told to bring credentials, one who brought good ones, or could not bring any
// that the method takes, that they do not suffice.
class AuthorizeStage final : public Stage {
 public:
  std::string_view name() const override { return "authorize"; }
  std::optional<Refusal> Run(Call& call) override;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
