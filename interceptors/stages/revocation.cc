#include "interceptors/stages/revocation.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

Reason ReasonOf(RevocationVerdict verdict) {
  switch (verdict) {
    case RevocationVerdict::kNotRevoked:
      return Reason::kOk;
    case RevocationVerdict::kPeerRevoked:
      return Reason::kPeerRevoked;
    case RevocationVerdict::kTokenRevoked:
      return Reason::kTokenRevoked;
    case RevocationVerdict::kApiKeyRevoked:
      return Reason::kApiKeyRevoked;
  }
  return Reason::kInternal;
}

bool HasAny(const PresentedCredentials& credentials) {
  return credentials.token != nullptr || !credentials.api_key_id.empty() ||
         (credentials.peer != nullptr && credentials.peer->has_certificate());
}

// Such as "subject is revoked: laptop stolen". The entry may have been lifted since.
std::string Detail(const std::optional<Revocation>& revocation) {
  if (!revocation.has_value()) return "is revoked";
  return absl::StrCat(std::string(ToString(revocation->key.kind)), " is revoked",
                      revocation->reason.empty() ? "" : ": ", revocation->reason);
}

// What of a call can be revoked. Views into the call.
PresentedCredentials CredentialsOf(const Call& call) {
  PresentedCredentials credentials{.peer = call.peer.get(), .token = call.token.get()};
  if (call.api_key != nullptr) credentials.api_key_id = call.api_key->id();
  return credentials;
}

std::optional<Refusal> Check(const Revocations& list, const PresentedCredentials& credentials,
                             absl::Time now) {
  const Reason reason = ReasonOf(list.Check(credentials, now));
  if (reason == Reason::kOk) return std::nullopt;
  return Refusal{.reason = reason, .detail = Detail(list.Explain(credentials, now))};
}

}  // namespace

RevocationStage::RevocationStage(std::shared_ptr<const RevocationControl> control)
    : control_(std::move(control)) {}

std::optional<Refusal> RevocationStage::Run(Call& call) {
  std::optional<Refusal> revoked = CheckRevoked(control_->list(), call, call.now);
  if (revoked.has_value()) return revoked;
  if (control_->MustRefuse(call.monotonic_ns) && HasAny(CredentialsOf(call))) {
    return Refusal{.reason = Reason::kCredentialsUnavailable,
                   .detail = "the shared list of revocations is out of reach"};
  }
  return std::nullopt;
}

std::optional<Refusal> CheckRevoked(const Revocations& list, const Call& call, absl::Time now) {
  if (call.peer != nullptr && call.peer->forwarded_by != nullptr) {
    // A proxy's word counts for as long as its own certificate does.
    std::optional<Refusal> refusal = Check(list, {.peer = call.peer->forwarded_by.get()}, now);
    if (refusal.has_value()) return refusal;
  }
  return Check(list, CredentialsOf(call), now);
}

}  // namespace warden
