// How an audit log is kept, see AuditConfig in proto/warden/v1/config.proto.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_OPTIONS_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace warden {

// What becomes of a record for which the queue has no room.
enum class WhenFull {
  kDrop,    // it is counted; the next record says how many were lost
  kBlock,   // the call waits
  kRefuse,  // a call that would be let through is refused; others as kDrop
};

enum class AuditSync { kEachBatch, kNever, kEachRecord };

// At least one of file, to_stdout and to_syslog. The first of them, in this order, is the log: a
// record counts as written when that has it, and is kept and tried again until then. Into the
// others it is copied, if they take it.
struct AuditLogOptions {
  std::string file;
  bool to_stdout = false;
  bool to_syslog = false;

  uint64_t max_file_bytes = 100 << 20;
  uint32_t max_files = 10;      // the current one included; at least 1
  size_t queue_records = 8192;  // at most; rounded up to a power of two
  WhenFull when_full = WhenFull::kDrop;
  AuditSync sync = AuditSync::kEachBatch;
  std::string chain_key;  // "": the chain is SHA-256 alone

  // For tests.
  int stdout_fd = 1;
  std::string syslog_socket = "/dev/log";
  // Hears of what the operator should know, at a bounded rate; LogForOperator where empty.
  std::function<void(std::string_view message)> report;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_OPTIONS_H_
