// Before the body: is the call signed as it must be, as far as metadata can tell.
#ifndef WARDEN_INTERCEPTORS_STAGES_SIGNATURE_H_
#define WARDEN_INTERCEPTORS_STAGES_SIGNATURE_H_

#include <memory>
#include <utility>

#include "interceptors/signing/signature_check.h"
#include "interceptors/stage.h"

namespace warden {

// Refuses a call to a `signed` method without a signature, with one of another form or time, or of
// a key that does not sign for this caller. Whether the signature is right, the gate asks once it
// has the body's bytes. Signatures of other methods' calls are not looked at.
class SignatureStage final : public Stage {
 public:
  // `check` may be null where no method is signed.
  explicit SignatureStage(std::shared_ptr<const SignatureCheck> check) : check_(std::move(check)) {}
  std::string_view name() const override { return "signature"; }
  std::optional<Refusal> Run(Call& call) override;

 private:
  const std::shared_ptr<const SignatureCheck> check_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_SIGNATURE_H_
