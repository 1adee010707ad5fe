#include "interceptors/stages/identity.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using Result = IdentityVerifier::Result;

Reason ReasonOf(IdentityRefusal refusal) {
  switch (refusal) {
    case IdentityRefusal::kNoCertificate:
      return Reason::kPeerCertificateMissing;
    case IdentityRefusal::kTrustDomain:
    case IdentityRefusal::kNoSpiffeId:
    case IdentityRefusal::kNotAllowed:
    case IdentityRefusal::kUntrustedChain:
      return Reason::kPeerNotTrusted;
    case IdentityRefusal::kRevoked:
      return Reason::kPeerRevoked;
    case IdentityRefusal::kRevocationUnknown:
      return Reason::kPeerRevocationUnknown;
    case IdentityRefusal::kForwardedInvalid:
      return Reason::kForwardedIdentityInvalid;
    default:
      return Reason::kPeerCertificateInvalid;
  }
}

Refusal RefusalOf(const Result& result, Reason reason) {
  const std::string_view name = ToString(result.refusal);
  return {.reason = reason,
          .detail = absl::StrCat(absl::string_view(name.data(), name.size()), ": ", result.detail)};
}

// What is wrong with a forwarded certificate is wrong with the proxy's header.
Reason ForwardedReasonOf(IdentityRefusal refusal) {
  const Reason reason = ReasonOf(refusal);
  return reason == Reason::kPeerCertificateInvalid || reason == Reason::kPeerCertificateMissing
             ? Reason::kForwardedIdentityInvalid
             : reason;
}

}  // namespace

IdentityStage::IdentityStage(std::vector<std::shared_ptr<PeerRules>> ports,
                             bool certificate_required)
    : ports_(std::move(ports)), certificate_required_(certificate_required) {}

PeerRules* IdentityStage::RulesOf(const Call& call) const {
  if (ports_.size() == 1 || call.transport.connection == nullptr) return ports_.front().get();
  const std::string_view name = call.transport.connection->ReadPort();
  for (const std::shared_ptr<PeerRules>& rules : ports_) {
    if (rules->port() == name) return rules.get();
  }
  return nullptr;
}

std::optional<Refusal> IdentityStage::Run(Call& call) {
  PeerRules* const rules = RulesOf(call);
  if (rules == nullptr) {
    return Refusal{.reason = Reason::kInternal, .detail = "the call's port is not known"};
  }
  if (rules->judges_addresses() && !rules->Admits(call.Address())) {
    return Refusal{.reason = Reason::kPeerAddressDenied,
                   .detail = "the peer's address is not allowed, or denied"};
  }
  if (call.transport.peer_certificate_pem.empty() && !certificate_required_) {
    call.peer = nobody_;
    return std::nullopt;
  }
  Result result = rules->peers().Verify(call.transport.peer_certificate_pem, call.now,
                                        call.transport.connection);
  if (result.proxy != nullptr) return TakeForwarded(*rules, std::move(result), call);
  if (!result.ok()) return RefusalOf(result, ReasonOf(result.refusal));
  call.peer = std::move(result.peer);
  return std::nullopt;
}

std::optional<Refusal> IdentityStage::TakeForwarded(PeerRules& rules, Result result,
                                                    Call& call) const {
  const Transport& transport = call.transport;
  if (transport.forwarded_entries == 0 && !rules.forwarded_required()) {
    if (!result.ok()) return RefusalOf(result, ReasonOf(result.refusal));
    call.peer = std::move(result.peer);
    return std::nullopt;
  }
  if (transport.forwarded_entries != 1) {
    return Refusal{.reason = Reason::kForwardedIdentityInvalid,
                   .detail = transport.forwarded_entries == 0
                                 ? "the proxy sent no x-forwarded-client-cert"
                                 : "the proxy sent x-forwarded-client-cert more than once"};
  }
  const Result forwarded =
      rules.peers().VerifyForwarded(transport.forwarded_client_cert, result.proxy, call.now);
  if (!forwarded.ok()) {
    Refusal refusal = RefusalOf(forwarded, ForwardedReasonOf(forwarded.refusal));
    absl::StrAppend(&refusal.detail, "; forwarded by ", QuotedName(result.proxy->name()));
    return refusal;
  }
  call.peer = forwarded.peer;
  return std::nullopt;
}

}  // namespace warden
