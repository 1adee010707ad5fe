#include "interceptors/revocation/background.h"

#include <utility>

namespace warden {

Background::Background(absl::Duration first_wait, std::function<absl::Duration()> work)
    : thread_([this, wait = first_wait, work = std::move(work)]() mutable {
        std::unique_lock<std::mutex> lock(mutex_);
        while (!ended_.wait_for(lock, absl::ToChronoNanoseconds(wait), [this] { return end_; })) {
          lock.unlock();
          wait = work();
          lock.lock();
        }
      }) {}

Background::~Background() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

}  // namespace warden
