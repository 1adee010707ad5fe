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

// Of a call that others may be at work on: what they write is not read. A handler's own words stay
// out of the log.
void Guard::AuditAnswer(const Call& call, DecisionEvent event, std::string_view reason,
                        std::string_view detail, bool allowed) noexcept {
  if (audit_ == nullptr) return;
  try {
    Call answered;
    answered.method = call.method;
    answered.now = Now();
    answered.id = call.id;
    answered.trace = call.trace;
    answered.peer = call.peer;
    answered.token = call.token;
    answered.api_key = call.api_key;
    answered.principal = call.principal;
    answered.address_source = call.address_source;
    CallNote note{.event = event, .allowed = allowed, .stage = "response"};
    if (event != DecisionEvent::kHiddenError) note.detail = std::string(detail);
    audit_->Noted(answered, note, reason);
  } catch (...) {
    // As for the sink.
  }
}

}  // namespace warden
