#include "interceptors/audit/audit_log.h"

#include <chrono>
#include <utility>

namespace warden {

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const AuditLogOptions& options) {
  std::unique_ptr<AuditLog> log(new AuditLog(options.queue_records, options.when_full));
  absl::StatusOr<std::unique_ptr<AuditWriter>> writer = AuditWriter::Open(options, &log->ring_);
  if (!writer.ok()) return writer.status();
  log->writer_ = *std::move(writer);
  return log;
}

AuditLog::~AuditLog() {
  if (writer_ != nullptr) writer_->Stop();
}

absl::Status AuditLog::Start() { return writer_->Start(); }

bool AuditLog::MayWait() const {
  return std::chrono::steady_clock::now().time_since_epoch() <
         std::chrono::nanoseconds(waits_end_ns_.load());
}

}  // namespace warden
