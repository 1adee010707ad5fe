// The stage after the credentials: whether any of them was revoked.
#ifndef WARDEN_INTERCEPTORS_STAGES_REVOCATION_H_
#define WARDEN_INTERCEPTORS_STAGES_REVOCATION_H_

#include <memory>

#include "interceptors/revocation/revocation_control.h"
#include "interceptors/stage.h"

namespace warden {

// Refuses calls with a revoked certificate, token or API key, and, while the list cannot be relied
// on, calls with any of them. It asks for every call: what was verified and remembered before it
// was revoked is refused all the same.
class RevocationStage final : public Stage {
 public:
  explicit RevocationStage(std::shared_ptr<const RevocationControl> control);
  std::string_view name() const override { return "revocation"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::shared_ptr<const RevocationControl> control_;
};

// Why the call's credentials are refused at `now`; nothing where none of them is revoked. Says
// nothing of whether the list can be relied on. Thread-safe.
std::optional<Refusal> CheckRevoked(const Revocations& list, const Call& call, absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_REVOCATION_H_
