// Which numbers the server's limits have, at the start and while it runs.
#ifndef WARDEN_INTERCEPTORS_LIMIT_CONTROL_H_
#define WARDEN_INTERCEPTORS_LIMIT_CONTROL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/sync/published.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limit_set.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/watched_file.h"

namespace warden {

// Holds the version of the limits that is in force. Without `limits.override_file` there is only
// one, and a call pays nothing for it. Thread-safe, but for Reload.
class LimitControl {
 public:
  // Reads the file for the first time, and adds what is wrong to `problems`. REQUIRES: `methods`
  // outlives it and does not change.
  static std::shared_ptr<LimitControl> Create(const LoadedConfig& config,
                                              const std::deque<GuardedMethod>& methods,
                                              const std::vector<Limit>& connection,
                                              ProblemList* problems);

  // The call is judged by the version that is now in force, to its end. The control outlives it.
  void Begin(Call* call) const {
    if (published_ == nullptr) {
      call->limits = first_.get();
      return;
    }
    call->held_limits = published_->Get();
    call->limits = call->held_limits.get();
  }

  bool watches() const { return file_ != nullptr; }
  absl::Duration reload_interval() const { return reload_interval_; }
  // One thread at a time. Nullopt where nothing changed. What is new is in force once it returns,
  // for calls that begin then; on an error the last good numbers stay, and with them all buckets.
  std::optional<absl::Status> Reload(RateLimiter* limiter);

 private:
  LimitControl() = default;
  absl::Status ReadFirst(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                         const std::vector<Limit>& connection);

  std::shared_ptr<const LimitSet> first_;
  std::unique_ptr<Published<LimitSet>> published_;  // null where there is no file
  std::unique_ptr<WatchedFile<LimitSet>> file_;     // likewise
  uint32_t versions_ = 0;                           // that were read after the first
  absl::Duration reload_interval_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMIT_CONTROL_H_
