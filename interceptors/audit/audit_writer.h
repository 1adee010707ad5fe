// The thread that writes the audit log.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_WRITER_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_WRITER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/audit/audit_file.h"
#include "interceptors/audit/audit_options.h"
#include "interceptors/audit/audit_outlets.h"
#include "interceptors/audit/audit_stats.h"
#include "interceptors/audit/entry_ring.h"
#include "interceptors/audit/hash_chain.h"
#include "interceptors/audit/record_text.h"

namespace warden {

// Takes entries from the ring, chains and writes them, and gives their room back once the log has
// them. What cannot be written is tried again each second, in order, until it can. Public members
// are thread-safe, but for Start and Stop, which are called once each.
class AuditWriter {
 public:
  // How long records are gathered for one write and one fsync.
  static constexpr std::chrono::milliseconds kGather{5};
  // How long Stop goes on trying.
  static constexpr std::chrono::seconds kLastTries{3};

  // As AuditFile::Open. `ring` outlives the writer.
  static absl::StatusOr<std::unique_ptr<AuditWriter>> Open(const AuditLogOptions& options,
                                                           EntryRing* ring);
  ~AuditWriter();

  // Writes the opening record, repairs what the server before left half-written, and begins.
  absl::Status Start();
  // Writes what is in the ring, and the closing record. Nobody may push any more.
  void Stop();

  // To be called after a push: wakes the thread where it sleeps for longer than the entry may wait.
  void Pushed() {
    const int sleep = sleep_.load(std::memory_order_seq_cst);
    if (sleep == kAwake) return;
    if (sleep == kIdle || ring_->size() >= ring_->capacity() / 2) Wake();
  }
  void Wake();
  void Reopen();
  // Until there may be room, or for some milliseconds.
  void WaitForRoom();

  AuditStats& stats() { return stats_; }

 private:
  enum Sleep { kAwake, kGathering, kIdle };
  enum class Outcome { kWrote, kNothing, kFailed };
  // Records as they are to be written.
  struct Batch {
    std::string lines;
    size_t entries = 0;
    ChainHead head;        // after it
    uint64_t dropped = 0;  // that it tells of
  };

  AuditWriter(const AuditLogOptions& options, EntryRing* ring);

  void Run();
  Outcome Step();
  bool Gather();
  bool Commit();
  void Copy(std::string_view lines);
  void Sync();
  absl::Status WriteToLog(std::string_view lines);
  absl::Status WriteEvent(const LogEvent& event);

  bool LookAtFile();
  void OpenAnew();
  void Rotate(std::string_view cause);
  void NewFile(std::string_view cause, std::string previous);

  void Failed(const absl::Status& status);
  void Recovered();
  void Report(std::string_view message, std::chrono::steady_clock::time_point* last);
  void ReportDropped();
  AuditSink log_sink() const;
  uint64_t Unreported() const;
  void SleepFor(Sleep sleep, std::chrono::milliseconds duration);

  const AuditLogOptions options_;
  const HashChain chain_;
  EntryRing* const ring_;
  AuditStats stats_;

  // The thread's own, once started.
  std::unique_ptr<AuditFile> file_;  // null where none is configured
  StreamOutlet stdout_;
  SyslogOutlet syslog_;
  ChainHead head_;
  Batch batch_;
  std::unique_ptr<LogEvent> opening_;  // still to be written before anything else
  bool fresh_ = false;                 // the file has nothing but its opening record
  bool rotate_ = false;                // before the next batch
  uint64_t told_dropped_ = 0;          // in records so far
  uint64_t reported_dropped_ = 0;      // to the operator
  std::chrono::steady_clock::time_point next_rotation_{};  // after one that failed
  std::chrono::steady_clock::time_point failure_reported_{}, drop_reported_{}, copy_reported_{},
      rotation_reported_{};

  std::atomic<int> sleep_{kAwake};
  std::atomic<int> waiting_{0};  // for room
  std::atomic<bool> reopen_{false};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_, room_;
  bool woken_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_WRITER_H_
