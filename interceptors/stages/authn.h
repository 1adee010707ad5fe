// Fifth stage: does the method accept such credentials.
#ifndef WARDEN_INTERCEPTORS_STAGES_AUTHN_H_
#define WARDEN_INTERCEPTORS_STAGES_AUTHN_H_

#include "interceptors/stage.h"

namespace warden {

// Refuses a token or API key of a kind that the method's `authn` does not list, and a call that
// does not bring what it needs. Clears Call::peer_counts where the peer's certificate is not
// listed.
class AuthnStage final : public Stage {
 public:
  std::string_view name() const override { return "authn"; }
  std::optional<Refusal> Run(Call& call) override;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_AUTHN_H_
