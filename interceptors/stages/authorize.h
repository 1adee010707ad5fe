// Sixth stage: may they.
#ifndef WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
#define WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_

#include "interceptors/stage.h"

namespace warden {

// Refuses unless the method's access rule allows the principal. A caller who brought no token is
// told to bring credentials, one who brought a good token that it does not suffice.
class AuthorizeStage final : public Stage {
 public:
  std::string_view name() const override { return "authorize"; }
  std::optional<Refusal> Run(Call& call) override;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_AUTHORIZE_H_
