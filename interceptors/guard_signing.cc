// What of a Guard judges signed requests.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/observe/operator_log.h"

namespace warden {

void Guard::CheckSigned(const LoadedConfig& config, ProblemList* problems) {
  signatures_ = SignatureCheck::Create(config, Now(), problems);
  const bool configured = !config.config.signing().keys_file().empty();
  for (const GuardedMethod& method : methods_) {
    if (!method.access.signed_requests) continue;
    if (!configured) {
      problems->Add(PlaceOf(*method.descriptor),
                    absl::StrCat("method ", method.name,
                                 ": is `signed`, and the configuration has no signing.keys_file"));
    }
    if (method.streams_requests) {
      problems->Add(PlaceOf(*method.descriptor),
                    absl::StrCat("method ", method.name,
                                 ": is `signed`, but a stream of requests cannot be"));
    }
  }
}

void Guard::WatchSigningKeys() {
  if (signatures_ == nullptr) return;
  metrics_->AddFamilies([check = signatures_] { return check->Families(); });
  const auto look = [check = signatures_, metrics = metrics_] {
    const std::optional<absl::Status> status = check->Reload();
    if (!status.has_value()) return;
    metrics->RecordReload(ReloadedFile::kSigningKeys, status->ok(), absl::Now());
    if (!status->ok()) {
      LogForOperator("signing",
                     std::string_view(status->message().data(), status->message().size()));
    };
  };
  reloads_.push_back(std::make_unique<Periodic>(signatures_->reload_interval(), look));
}

std::optional<Refusal> Guard::OnRawRequest(Call& call, const BodyDigest& body) {
  const std::shared_ptr<const SignedCall> claimed = std::exchange(call.signature, nullptr);
  std::optional<Refusal> refusal;
  if (claimed == nullptr) {
    refusal = Refusal{.reason = Reason::kInternal, .detail = "the signature stage did not run"};
  } else {
    refusal = signatures_->Finish(call, *claimed, body);
  }
  if (!refusal.has_value()) return std::nullopt;
  return Refused(call, *std::move(refusal), "signature");
}

}  // namespace warden
