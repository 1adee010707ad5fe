#include "interceptors/stages/identity.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

Reason ReasonOf(IdentityRefusal refusal) {
  switch (refusal) {
    case IdentityRefusal::kNoCertificate:
      return Reason::kPeerCertificateMissing;
    case IdentityRefusal::kTrustDomain:
    case IdentityRefusal::kNoSpiffeId:
      return Reason::kPeerNotTrusted;
    default:
      return Reason::kPeerCertificateInvalid;
  }
}

}  // namespace

IdentityStage::IdentityStage(std::shared_ptr<PeerCache> peers, bool certificate_required)
    : peers_(std::move(peers)), certificate_required_(certificate_required) {}

std::optional<Refusal> IdentityStage::Run(Call& call) {
  if (call.transport.peer_certificate_pem.empty() && !certificate_required_) {
    call.peer = nobody_;
    return std::nullopt;
  }
  IdentityVerifier::Result result = peers_->Verify(call.transport.peer_certificate_pem, call.now);
  if (result.ok()) {
    call.peer = std::move(result.peer);
    return std::nullopt;
  }
  return Refusal{.reason = ReasonOf(result.refusal),
                 .detail = absl::StrCat(absl::string_view(ToString(result.refusal).data(),
                                                          ToString(result.refusal).size()),
                                        ": ", result.detail)};
}

}  // namespace warden
