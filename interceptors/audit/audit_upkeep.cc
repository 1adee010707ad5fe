// How an AuditWriter keeps its file, and what it tells the operator.
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/audit/audit_writer.h"

namespace warden {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRotationRetry{10};
constexpr std::chrono::seconds kReportEvery{60};

}  // namespace

// False where the file is not as it was left, and cannot be replaced either.
bool AuditWriter::LookAtFile() {
  const AuditFile::Change change = file_->Look();
  if (change == AuditFile::Change::kNone) return true;
  if (change == AuditFile::Change::kGone) {
    Report(absl::StrCat(file_->path(), ": was deleted; a new one is begun"), &rotation_reported_);
    const absl::StatusOr<bool> reopened = file_->Reopen();
    if (!reopened.ok()) {
      Failed(reopened.status());
      return false;
    }
    NewFile("replaced", "");
    return true;
  }
  Report(absl::StrCat(file_->path(), ": was written or cut by somebody else; it is set aside"),
         &rotation_reported_);
  Rotate("replaced");
  if (opening_ == nullptr) {
    Failed(absl::FailedPreconditionError(
        absl::StrCat(file_->path(), " was changed by somebody else, and cannot be set aside")));
  }
  return opening_ != nullptr;
}

void AuditWriter::OpenAnew() {
  const absl::StatusOr<bool> reopened = file_->Reopen();
  if (!reopened.ok()) {
    ++stats_.rotation_errors;
    Report(
        absl::StrCat("cannot reopen: ", reopened.status().message(), "; the old file stays in use"),
        &rotation_reported_);
  } else if (*reopened) {
    NewFile("reopened", "");
  }
}

void AuditWriter::Rotate(std::string_view cause) {
  rotate_ = false;
  const absl::Status status = file_->Rotate(options_.max_files);
  if (status.ok()) {
    NewFile(cause, options_.max_files > 1 ? absl::StrCat(file_->base(), ".1") : "");
    return;
  }
  next_rotation_ = SteadyClock::now() + kRotationRetry;
  ++stats_.rotation_errors;
  Report(absl::StrCat("cannot rotate: ", status.message()), &rotation_reported_);
}

// The file is another, and empty: what was made for the old one is to be made anew.
void AuditWriter::NewFile(std::string_view cause, std::string previous) {
  batch_ = Batch();
  opening_ = std::make_unique<LogEvent>();
  opening_->event = "opened";
  opening_->cause = cause;
  opening_->chain = chain_.name();
  opening_->previous_file = std::move(previous);
  ++stats_.rotations;
}

void AuditWriter::Failed(const absl::Status& status) {
  stats_.CountError(log_sink());
  stats_.failing = true;
  Report(absl::StrCat("cannot be written: ", status.message(), "; ", ring_->size(),
                      " records wait for it"),
         &failure_reported_);
}

void AuditWriter::Recovered() {
  if (!stats_.failing.exchange(false)) return;
  failure_reported_ = {};
  options_.report("is written again");
}

// At most once in a while.
void AuditWriter::Report(std::string_view message, SteadyClock::time_point* last) {
  const SteadyClock::time_point now = SteadyClock::now();
  if (*last != SteadyClock::time_point() && now - *last < kReportEvery) return;
  *last = now;
  options_.report(message);
}

void AuditWriter::ReportDropped() {
  const uint64_t dropped = stats_.dropped.load();
  if (dropped == reported_dropped_) return;
  const SteadyClock::time_point now = SteadyClock::now();
  if (drop_reported_ != SteadyClock::time_point() && now - drop_reported_ < kReportEvery) return;
  drop_reported_ = now;
  options_.report(absl::StrCat(dropped - std::exchange(reported_dropped_, dropped),
                               " records were lost: the queue was full"));
}

}  // namespace warden
