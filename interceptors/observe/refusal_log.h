// The operator's log of refused calls: one JSON object per line.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_REFUSAL_LOG_H_
#define WARDEN_INTERCEPTORS_OBSERVE_REFUSAL_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/observe/decision_record.h"

namespace warden {

struct RefusalLogOptions {
  // Where a line goes, with its newline; called by many threads at once. stderr where empty, one
  // write for each line, so that lines of other threads and processes do not mix with it.
  std::function<void(std::string_view line)> write;
  // More refusals than this are counted, not written: a flood must not fill the disk.
  uint32_t lines_per_second = 100;  // 0 writes none
  uint32_t burst = 1000;
};

// Writes refusals, and what else DecisionEvent has:
// {"time":...,"event":...,"request_id":...,"trace_id":...,"method":...,"peer":...,"address":...,"principal":...,"reason":...,
// "stage":...,"detail":...,"policy":...}; empty values and the event of a refusal are left out, and
// "dropped" gives how many lines were not written since the last line. A line has at most
// kMaxLineBytes and is harmless text: see Sanitize. Thread-safe.
class RefusalLog : public DecisionSink {
 public:
  static constexpr size_t kMaxLineBytes = 4096;

  explicit RefusalLog(RefusalLogOptions options = {});

  // False where there were too many lines lately; it is counted as dropped then.
  bool Wants(absl::Time now) override;
  // Of notes; they have a budget of their own, as large as that of refusals.
  bool WantsNote(absl::Time now) override;
  void Record(const DecisionRecord& record) override;

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // since the start

 private:
  struct Budget {
    double tokens = 0;
    absl::Time last = absl::InfinitePast();
  };
  bool MayWrite(Budget* budget, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Count(bool wanted);

  const RefusalLogOptions options_;
  std::atomic<uint64_t> dropped_{0};
  Mutex mutex_;
  Budget refusals_ ABSL_GUARDED_BY(mutex_);
  Budget notes_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> reported_{0};  // of dropped_, in lines so far
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_REFUSAL_LOG_H_
