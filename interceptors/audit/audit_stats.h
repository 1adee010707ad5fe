// What an audit log has counted.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_STATS_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_STATS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace warden {

inline constexpr std::array<std::string_view, 3> kAuditSinks = {"file", "stdout", "syslog"};
enum class AuditSink : uint8_t { kFile, kStdout, kSyslog };

// Written by the log's threads, read by any.
struct AuditStats {
  std::atomic<uint64_t> written{0};  // records of calls, in the log
  std::atomic<uint64_t> dropped{0};  // for want of room
  std::atomic<uint64_t> rotations{0};
  std::atomic<uint64_t> rotation_errors{0};
  std::array<std::atomic<uint64_t>, kAuditSinks.size()> write_errors{};  // by AuditSink
  std::atomic<uint64_t> last_seq{0};
  std::atomic<int64_t> last_sync_ms{0};  // Unix time; 0: never
  std::atomic<bool> failing{false};      // the log could not be written at the last attempt

  void CountError(AuditSink sink) { ++write_errors[static_cast<size_t>(sink)]; }
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_STATS_H_
