// The JSON members of audit records, all but those of the chain. See proto/warden/v1/audit.proto.
#ifndef WARDEN_INTERCEPTORS_AUDIT_RECORD_TEXT_H_
#define WARDEN_INTERCEPTORS_AUDIT_RECORD_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "interceptors/audit/entry.h"

namespace warden {

// `"time":...,"event":"decision",...`. With the chain's members a line stays below
// kMaxAuditLineBytes, whatever the texts are. `dropped`: since the record before; 0 is left out.
std::string RecordMembers(const AuditEntry& entry, uint64_t dropped);

// A record about the log itself.
struct LogEvent {
  std::string_view event;  // "opened", "repaired", "closed"
  std::string_view cause;
  std::string_view chain;
  std::string previous_file;
  bool unclean = false;
  uint64_t torn_bytes = 0;
  std::string torn;
};
std::string RecordMembers(const LogEvent& event, absl::Time now, uint64_t dropped);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_RECORD_TEXT_H_
