// Leaves a server alone for a while that has failed several times in a row.
#ifndef WARDEN_INTERCEPTORS_INTROSPECTION_CIRCUIT_BREAKER_H_
#define WARDEN_INTERCEPTORS_INTROSPECTION_CIRCUIT_BREAKER_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"

namespace warden {

// Closed: every question may be asked. Open, after `failures` failures in a row: none, for `pause`.
// Half open, after that: one at a time, whose outcome closes or opens it. Thread-safe.
class CircuitBreaker {
 public:
  // REQUIRES: failures > 0.
  CircuitBreaker(uint32_t failures, absl::Duration pause) : failures_(failures), pause_(pause) {}

  // Whether to ask now. Each true is followed by one Report.
  bool MayAsk(absl::Time now);
  void Report(bool good, absl::Time now);
  bool open() const;

 private:
  const uint32_t failures_;
  const absl::Duration pause_;
  mutable Mutex mutex_;
  uint32_t failed_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row
  absl::Time open_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool trying_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_INTROSPECTION_CIRCUIT_BREAKER_H_
