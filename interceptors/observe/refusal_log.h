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

// Writes
// {"time":...,"request_id":...,"method":...,"peer":...,"address":...,"principal":...,"reason":...,
// "stage":...,"detail":...}; empty values are left out, allowed calls are not written, and
// "dropped" gives how many refusals were not written since the last line. A line has at most
// kMaxLineBytes and is harmless text: see Sanitize. Thread-safe.
class RefusalLog : public DecisionSink {
 public:
  static constexpr size_t kMaxLineBytes = 4096;

  explicit RefusalLog(RefusalLogOptions options = {});

  // False where there were too many lines lately; it is counted as dropped then.
  bool Wants(absl::Time now) override;
  void Record(const DecisionRecord& record) override;

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }  // since the start

 private:
  bool MayWrite(absl::Time now);

  const RefusalLogOptions options_;
  std::atomic<uint64_t> dropped_{0};
  Mutex mutex_;
  double tokens_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::atomic<uint64_t> reported_{0};  // of dropped_, in lines so far
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_REFUSAL_LOG_H_
