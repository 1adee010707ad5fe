#include "interceptors/stages/signature.h"

#include "interceptors/guarded_method.h"

namespace warden {

std::optional<Refusal> SignatureStage::Run(Call& call) {
  if (!call.method->access.signed_requests) return std::nullopt;
  const Transport& transport = call.transport;
  if (transport.signature_entries == 0) {
    return Refusal{.reason = Reason::kSignatureMissing, .detail = "no `x-request-signature`"};
  }
  if (transport.signature_entries > 1) {
    return Refusal{.reason = Reason::kSignatureMalformed,
                   .detail = "more than one `x-request-signature`"};
  }
  if (check_ == nullptr || transport.connection == nullptr) {
    return Refusal{.reason = Reason::kInternal, .detail = "nothing to check signatures with"};
  }
  return check_->Begin(call, transport.signature, transport.connection->ReadAuthority(),
                       &call.signature);
}

}  // namespace warden
