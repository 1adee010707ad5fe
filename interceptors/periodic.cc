#include "interceptors/periodic.h"

#include <utility>

namespace warden {

Periodic::Periodic(absl::Duration interval, std::function<void()> action)
    : action_(std::move(action)), thread_([this, interval] { Run(interval); }) {}

Periodic::~Periodic() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void Periodic::Run(absl::Duration interval) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_.wait_for(lock, absl::ToChronoNanoseconds(interval), [this] { return stopped_; })) {
    lock.unlock();
    action_();
    lock.lock();
  }
}

}  // namespace warden
