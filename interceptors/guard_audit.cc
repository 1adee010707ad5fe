// What a Guard does for the audit log.
#include <algorithm>
#include <chrono>

#include "interceptors/guard.h"

namespace warden {

std::optional<Refusal> Guard::Admit(Call& call) {
  if (audit_ == nullptr || audit_->Allowed(call)) return std::nullopt;
  return Refused(
      call, {.reason = Reason::kAuditUnavailable, .detail = "the audit log cannot take its record"},
      "audit");
}

absl::Status Guard::StartAudit() {
  if (audit_ == nullptr) return absl::OkStatus();
  if (const absl::Status status = audit_->Start(); !status.ok()) return status;
  metrics_->AddFamilies([audit = audit_.get()] { return audit->log().Families(); });
  return absl::OkStatus();
}

void Guard::ReopenAudit() {
  if (audit_ != nullptr) audit_->log().Reopen();
}

void Guard::StopWaiting(absl::Time deadline) {
  if (audit_ == nullptr) return;
  // A year is as good as for ever, and within the clock's range.
  const absl::Duration left =
      std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24 * 365));
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(left);
  audit_->log().EndWaits(
      std::chrono::duration_cast<std::chrono::nanoseconds>(end.time_since_epoch()).count());
}

}  // namespace warden
