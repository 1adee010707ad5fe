#include "interceptors/audit/entry.h"

#include <algorithm>
#include <cstring>

namespace warden {

std::string_view ToString(AuditEvent event) {
  switch (event) {
    case AuditEvent::kDecision:
      break;
    case AuditEvent::kStreamEnded:
      return "stream_ended";
    case AuditEvent::kBreakGlass:
      return "break_glass";
    case AuditEvent::kShadowDifference:
      return "shadow_difference";
    case AuditEvent::kHiddenError:
      return "hidden_error";
    case AuditEvent::kResponse:
      return "response";
    case AuditEvent::kBlock:
      return "block";
    case AuditEvent::kAnomaly:
      return "anomaly";
    case AuditEvent::kObserved:
      return "observed";
  }
  return "decision";
}

void AuditEntry::Set(AuditField field, std::string_view text) noexcept {
  const auto index = static_cast<size_t>(field);
  const size_t length = std::min({text.size(), kAuditFieldInfos[index].max_bytes + 1,
                                  text_.size() - static_cast<size_t>(used_)});
  if (length == 0) return;
  std::memcpy(text_.data() + used_, text.data(), length);
  lengths_[index] = static_cast<uint16_t>(length);
  used_ = static_cast<uint16_t>(used_ + length);
}

std::string_view AuditEntry::Get(AuditField field) const {
  size_t at = 0;
  for (size_t i = 0; i < static_cast<size_t>(field); ++i) at += lengths_[i];
  return {text_.data() + at, lengths_[static_cast<size_t>(field)]};
}

}  // namespace warden
