#include "interceptors/stages/authn.h"

#include "absl/strings/str_cat.h"
#include "interceptors/guarded_method.h"

namespace warden {
namespace {

CredentialSet BroughtBy(const Call& call) {
  CredentialSet brought;
  if (call.peer->has_certificate()) brought.Add(Credential::kPeer);
  if (call.token != nullptr) brought.Add(Credential::kBearer);
  if (call.api_key != nullptr) brought.Add(Credential::kApiKey);
  return brought;
}

}  // namespace

std::optional<Refusal> AuthnStage::Run(Call& call) {
  const MethodAuthn& authn = call.method->authn;
  if (authn.AcceptsAll()) return std::nullopt;
  call.peer_counts = authn.Accepts(Credential::kPeer);
  const CredentialSet brought = BroughtBy(call);
  const AuthnVerdict verdict = authn.Judge(brought);
  if (verdict == AuthnVerdict::kOk) return std::nullopt;
  const Reason reason = verdict == AuthnVerdict::kMissing ? Reason::kCredentialsMissing
                                                          : Reason::kCredentialsNotAccepted;
  return Refusal{.reason = reason,
                 .detail = absl::StrCat("the method takes ", ToString(authn),
                                        ", and the call brings ", ToString(brought))};
}

}  // namespace warden
