// The audit log: takes decisions from the threads of calls, and writes them by a thread of its own.
// docs/audit.md.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_LOG_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_LOG_H_

#include <prometheus/metric_family.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/audit/audit_options.h"
#include "interceptors/audit/audit_writer.h"
#include "interceptors/audit/entry_ring.h"

namespace warden {

// Thread-safe, but for Start.
class AuditLog {
 public:
  // Checks and locks the file, but writes nothing to it yet. The error names path and remedy.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const AuditLogOptions& options);
  // Writes what is left in the queue, for some seconds where that fails.
  ~AuditLog();

  // To be called once, before any Record. Fails where the log cannot be written.
  absl::Status Start();

  // `fill(AuditEntry&)` makes the record; it must not throw. Waits only with WhenFull::kBlock.
  // False where the call must not go on: there was no room, and it is neither kDrop's nor, with
  // `refusable` false, refused already. What is lost otherwise is counted as dropped.
  template <typename Fill>
  bool Record(const Fill& fill, bool refusable) {
    if (ring_.Push(fill) || (when_full_ == WhenFull::kBlock && WaitAndPush(fill))) {
      writer_->Pushed();
      return true;
    }
    if (refusable && when_full_ != WhenFull::kDrop) return false;
    writer_->stats().dropped.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  // Opens the file by its path again where another is there now, as after a rotation by logrotate.
  // Returns at once. Not for signal handlers.
  void Reopen() { writer_->Reopen(); }

  // Calls that wait for room stop waiting when the steady clock shows this.
  void EndWaits(int64_t steady_ns) { waits_end_ns_.store(steady_ns); }

  // warden_audit_...; docs/metrics.md.
  std::vector<prometheus::MetricFamily> Families() const;
  const AuditStats& stats() const { return writer_->stats(); }
  // Whether calls wait or are refused while there is no room.
  bool holds_calls() const { return when_full_ != WhenFull::kDrop; }

 private:
  AuditLog(size_t queue_records, WhenFull when_full)
      : ring_(queue_records), when_full_(when_full) {}
  bool MayWait() const;
  template <typename Fill>
  bool WaitAndPush(const Fill& fill) {
    while (MayWait()) {
      writer_->WaitForRoom();
      if (ring_.Push(fill)) return true;
    }
    return false;
  }

  EntryRing ring_;
  const WhenFull when_full_;
  std::atomic<int64_t> waits_end_ns_{INT64_MAX};
  std::unique_ptr<AuditWriter> writer_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_LOG_H_
