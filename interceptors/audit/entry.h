// One decision on its way from the call's thread to the audit log's.
#ifndef WARDEN_INTERCEPTORS_AUDIT_ENTRY_H_
#define WARDEN_INTERCEPTORS_AUDIT_ENTRY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

enum class AuditEvent : uint8_t {
  kDecision,
  kStreamEnded,
  kBreakGlass,
  kShadowDifference,
  kHiddenError,
  kResponse,
  kBlock,
  kAnomaly,
  kObserved,
};

// "decision", "stream_ended", ...
std::string_view ToString(AuditEvent event);

// The texts of an entry, in the order in which a record has them. See proto/warden/v1/audit.proto.
enum class AuditField : uint8_t {
  kMethod,
  kPrincipal,
  kIssuer,
  kPeer,
  kCertificate,
  kForwardedBy,
  kAddress,
  kTokenId,
  kApiKey,
  kDecidedBy,
  kDetail,
  kPolicy,
  kRequestId,
  kTraceId,
  kParentSpanId,
};
inline constexpr size_t kAuditFields = 15;

struct AuditFieldInfo {
  std::string_view name;  // in the record
  size_t max_bytes;       // what is longer is cut
};
inline constexpr std::array<AuditFieldInfo, kAuditFields> kAuditFieldInfos = {{
    {"method", 256},
    {"principal", 256},
    {"issuer", 160},
    {"peer", 256},
    {"certificate_sha256", 64},
    {"forwarded_by", 256},
    {"address", 64},
    {"token_id", 72},
    {"api_key", 64},
    {"decided_by", 192},
    {"detail", 256},
    {"policy", 64},
    {"request_id", 64},
    {"trace_id", 32},
    {"parent_span_id", 16},
}};

constexpr size_t AuditTextBytes() {
  size_t bytes = 0;
  for (const AuditFieldInfo& field : kAuditFieldInfos) bytes += field.max_bytes + 1;
  return bytes;
}

// Has all texts within itself, so that a queue of them is of a fixed size, and making one allocates
// nothing. Texts are taken as they are; the writer makes them harmless.
class AuditEntry {
 public:
  absl::Time time;
  int64_t duration_ns = -1;  // negative: not known
  AuditEvent event = AuditEvent::kDecision;
  bool allowed = false;
  uint32_t sampled_one_in = 0;  // 0: all are recorded
  std::string_view reason;      // of static storage, as is `stage`
  std::string_view stage;

  AuditEntry() { lengths_.fill(0); }

  // Each at most once, in the order of AuditField. Keeps one byte more than the field's bound, by
  // which the writer sees that it was longer.
  void Set(AuditField field, std::string_view text) noexcept;
  std::string_view Get(AuditField field) const;

 private:
  std::array<uint16_t, kAuditFields> lengths_;
  uint16_t used_ = 0;
  std::array<char, AuditTextBytes()> text_;  // the texts, one after the other; not initialized
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_ENTRY_H_
