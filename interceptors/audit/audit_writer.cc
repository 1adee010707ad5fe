#include "interceptors/audit/audit_writer.h"

#include <openssl/crypto.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/observe/operator_log.h"

namespace warden {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxBatchBytes = 256 << 10;
constexpr milliseconds kRetry{500};
constexpr int kEmptyRounds = 20;  // before the thread sleeps until it is woken

// Signals are for the program's threads; and one for a file that has reached the process's limit of
// size (SIGXFSZ), or a pipe without reader, must not end the program: the write's error is enough.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
    sigpending(&pending_);
  }
  // Takes the signals of our own writes away first.
  ~SignalsBlocked() {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGXFSZ, SIGPIPE}) {
      if (sigismember(&pending_, signal) == 0) sigaddset(&ours, signal);
    }
    const timespec none{};
    while (sigtimedwait(&ours, nullptr, &none) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
  sigset_t pending_{};
};

AuditLogOptions WithDefaults(AuditLogOptions options) {
  if (!options.report) {
    options.report = [](std::string_view message) { LogForOperator("audit", message); };
  }
  options.max_files = std::max<uint32_t>(options.max_files, 1);
  OPENSSL_cleanse(options.chain_key.data(), options.chain_key.size());  // the chain has it
  options.chain_key.clear();
  return options;
}

}  // namespace

AuditWriter::AuditWriter(const AuditLogOptions& options, EntryRing* ring)
    : options_(WithDefaults(options)),
      chain_(options.chain_key),
      ring_(ring),
      stdout_(options.stdout_fd),
      syslog_(options.syslog_socket) {}

AuditWriter::~AuditWriter() { Stop(); }

absl::StatusOr<std::unique_ptr<AuditWriter>> AuditWriter::Open(const AuditLogOptions& options,
                                                               EntryRing* ring) {
  std::unique_ptr<AuditWriter> writer(new AuditWriter(options, ring));
  if (!options.file.empty()) {
    absl::StatusOr<std::unique_ptr<AuditFile>> file = AuditFile::Open(options.file, writer->chain_);
    if (!file.ok()) return file.status();
    writer->file_ = *std::move(file);
  }
  return writer;
}

absl::Status AuditWriter::Start() {
  const SignalsBlocked blocked;
  LogEvent opening = {.event = "opened", .cause = "created"};
  if (file_ != nullptr) {
    const LogTail& found = file_->found();
    if (found.last.has_value()) {
      head_ = *found.last;
      opening.cause = "continued";
      opening.unclean = !found.closed;
      if (file_->found_in() != file_->base()) {
        opening.cause = "rotated";
        opening.previous_file = file_->found_in();
      }
    }
    if (const absl::Status status = file_->RemoveTorn(); !status.ok()) return status;
  }
  opening.chain = chain_.name();
  const LogEvent repaired = {.event = "repaired",
                             .torn_bytes = file_ == nullptr ? 0 : file_->found().torn_bytes,
                             .torn = file_ == nullptr ? "" : file_->found().torn};
  // The first record of a file is the one that opens it.
  const bool in_place = opening.cause == "continued";
  const LogEvent& first = in_place ? repaired : opening;
  const LogEvent& second = in_place ? opening : repaired;
  for (const LogEvent* event : {&first, &second}) {
    if (event == &repaired && repaired.torn_bytes == 0) continue;
    if (const absl::Status status = WriteEvent(*event); !status.ok()) return status;
  }
  if (repaired.torn_bytes > 0) {
    options_.report(
        absl::StrCat(file_->path(), ": took out a half-written line of ", repaired.torn_bytes,
                     " bytes, which the server before left; the log has it in a record"));
  }
  fresh_ = !in_place;
  Sync();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void AuditWriter::Stop() {
  if (!thread_.joinable()) return;
  stop_.store(true);
  Wake();
  thread_.join();
}

void AuditWriter::Wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void AuditWriter::Reopen() {
  reopen_.store(true);
  Wake();
}

void AuditWriter::WaitForRoom() {
  ++waiting_;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait_for(lock, milliseconds(10));
  }
  --waiting_;
}

void AuditWriter::SleepFor(Sleep sleep, milliseconds duration) {
  sleep_.store(sleep, std::memory_order_seq_cst);
  // What was pushed before its pusher could see that we sleep.
  const bool skip = (sleep == kIdle && ring_->Peek(0) != nullptr) ||
                    (sleep == kGathering && ring_->size() >= ring_->capacity() / 2);
  std::unique_lock<std::mutex> lock(mutex_);
  const auto woken = [this] { return woken_; };
  if (!skip && sleep == kIdle) {
    wake_.wait(lock, woken);
  } else if (!skip) {
    wake_.wait_for(lock, duration, woken);
  }
  woken_ = false;
  sleep_.store(kAwake, std::memory_order_seq_cst);
}

void AuditWriter::Run() {
  const SignalsBlocked blocked;
  int empty_rounds = 0;
  while (!stop_.load()) {
    switch (Step()) {
      case Outcome::kWrote:
        empty_rounds = 0;
        SleepFor(kGathering, kGather);
        break;
      case Outcome::kNothing:
        ReportDropped();
        // A loss that no record tells of yet keeps the thread up, to report it in its time.
        SleepFor(++empty_rounds < kEmptyRounds ? kGathering : kIdle, kGather);
        break;
      case Outcome::kFailed:
        ReportDropped();
        sleep_.store(kAwake);  // nobody can help by waking it
        {
          std::unique_lock<std::mutex> lock(mutex_);
          wake_.wait_for(lock, kRetry, [this] { return stop_.load() || reopen_.load(); });
          woken_ = false;
        }
        break;
    }
  }
  const auto deadline = SteadyClock::now() + kLastTries;
  while (ring_->Peek(0) != nullptr || !batch_.lines.empty()) {
    if (Step() != Outcome::kFailed) continue;
    if (SteadyClock::now() > deadline) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  if (ring_->size() > 0) {
    stats_.dropped += ring_->size();
    drop_reported_ = {};
  }
  ReportDropped();
  if (WriteEvent({.event = "closed"}).ok()) Sync();
}

AuditWriter::Outcome AuditWriter::Step() {
  if (reopen_.exchange(false) && file_ != nullptr) OpenAnew();
  if (file_ != nullptr && !LookAtFile()) return Outcome::kFailed;
  if (rotate_) Rotate("rotated");
  if (opening_ != nullptr) {
    if (const absl::Status status = WriteEvent(*opening_); !status.ok()) {
      Failed(status);
      return Outcome::kFailed;
    }
    opening_.reset();
    fresh_ = true;
  }
  if (batch_.lines.empty() && !Gather()) return rotate_ ? Outcome::kWrote : Outcome::kNothing;
  return Commit() ? Outcome::kWrote : Outcome::kFailed;
}

// Makes a batch of what is in the ring. False where there is nothing, or the file is to be rotated
// first.
bool AuditWriter::Gather() {
  Batch batch;
  batch.head = head_;
  batch.dropped = Unreported();
  const size_t most = options_.sync == AuditSync::kEachRecord ? 1 : ring_->capacity();
  const bool bounded = file_ != nullptr && !(fresh_ || SteadyClock::now() < next_rotation_);
  while (batch.entries < most && batch.lines.size() < kMaxBatchBytes) {
    const AuditEntry* const entry = ring_->Peek(batch.entries);
    if (entry == nullptr) break;
    ChainHead head = batch.head;
    const std::string line =
        chain_.Link(RecordMembers(*entry, batch.entries == 0 ? batch.dropped : 0), &head);
    const bool fits = file_ == nullptr ||
                      file_->size() + batch.lines.size() + line.size() <= options_.max_file_bytes;
    if (!fits && (bounded || (fresh_ && batch.entries > 0))) {
      rotate_ = batch.entries == 0;
      break;
    }
    batch.lines += line;
    batch.head = std::move(head);
    ++batch.entries;
  }
  if (batch.entries == 0) return false;
  batch_ = std::move(batch);
  return true;
}

bool AuditWriter::Commit() {
  if (const absl::Status status = WriteToLog(batch_.lines); !status.ok()) {
    Failed(status);
    return false;
  }
  Recovered();
  Copy(batch_.lines);
  Sync();
  head_ = std::move(batch_.head);
  told_dropped_ += batch_.dropped;
  stats_.written += batch_.entries;
  stats_.last_seq = head_.seq;
  fresh_ = false;
  ring_->Release(batch_.entries);
  batch_ = Batch();
  if (waiting_.load() > 0) room_.notify_all();
  return true;
}

AuditSink AuditWriter::log_sink() const {
  if (file_ != nullptr) return AuditSink::kFile;
  return options_.to_stdout ? AuditSink::kStdout : AuditSink::kSyslog;
}

absl::Status AuditWriter::WriteToLog(std::string_view lines) {
  switch (log_sink()) {
    case AuditSink::kFile:
      return file_->Append(lines);
    case AuditSink::kStdout:
      return stdout_.Write(lines, stop_);
    case AuditSink::kSyslog:
      break;
  }
  return syslog_.Write(lines, stop_);
}

// Into the sinks that are not the log itself.
void AuditWriter::Copy(std::string_view lines) {
  const auto copy = [&](AuditSink sink, auto& outlet) {
    const absl::Status status = outlet.Write(lines, stop_);
    if (status.ok()) return;
    outlet.Forget();
    stats_.CountError(sink);
    Report(absl::StrCat("records could not be copied: ", status.message()), &copy_reported_);
  };
  if (options_.to_stdout && log_sink() != AuditSink::kStdout) copy(AuditSink::kStdout, stdout_);
  if (options_.to_syslog && log_sink() != AuditSink::kSyslog) copy(AuditSink::kSyslog, syslog_);
}

void AuditWriter::Sync() {
  if (file_ == nullptr || options_.sync == AuditSync::kNever) return;
  if (const absl::Status status = file_->Sync(); !status.ok()) {
    stats_.CountError(AuditSink::kFile);
    Report(absl::StrCat("cannot be made durable: ", status.message()), &failure_reported_);
    return;
  }
  stats_.last_sync_ms = absl::ToUnixMillis(absl::Now());
}

absl::Status AuditWriter::WriteEvent(const LogEvent& event) {
  ChainHead head = head_;
  const uint64_t dropped = Unreported();
  const std::string line = chain_.Link(RecordMembers(event, absl::Now(), dropped), &head);
  if (const absl::Status status = WriteToLog(line); !status.ok()) return status;
  Copy(line);
  head_ = std::move(head);
  told_dropped_ += dropped;
  stats_.last_seq = head_.seq;
  return absl::OkStatus();
}

uint64_t AuditWriter::Unreported() const { return stats_.dropped.load() - told_dropped_; }

}  // namespace warden
