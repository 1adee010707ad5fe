#include "interceptors/introspection/circuit_breaker.h"

namespace warden {

bool CircuitBreaker::MayAsk(absl::Time now) {
  MutexLock lock(&mutex_);
  if (failed_ < failures_) return true;
  // A clock that was set back must not keep it open for longer than the pause.
  if (now < open_until_ && open_until_ - now <= pause_) return false;
  if (trying_) return false;
  trying_ = true;
  return true;
}

void CircuitBreaker::Report(bool good, absl::Time now) {
  MutexLock lock(&mutex_);
  trying_ = false;
  if (good) {
    failed_ = 0;
    return;
  }
  if (failed_ < failures_) ++failed_;
  if (failed_ == failures_) open_until_ = now + pause_;
}

bool CircuitBreaker::open() const {
  MutexLock lock(&mutex_);
  return failed_ >= failures_;
}

}  // namespace warden
