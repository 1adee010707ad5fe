#include "interceptors/abuse/delay_line.h"

#include <utility>

namespace warden {

DelayLine::DelayLine(size_t max_waiting) : max_waiting_(max_waiting), thread_([this] { Run(); }) {}

DelayLine::~DelayLine() {
  Stop();
  thread_.join();
}

std::shared_ptr<Pending> DelayLine::Add(absl::Duration delay) {
  auto wait = std::make_shared<Wait>();
  const Clock::time_point end = Clock::now() + absl::ToChronoNanoseconds(delay);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_ || waits_.size() >= max_waiting_) return nullptr;
  const auto at = waits_.emplace(end, wait);
  if (at == waits_.begin()) changed_.notify_one();
  return wait;
}

void DelayLine::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  changed_.notify_one();
}

size_t DelayLine::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waits_.size();
}

void DelayLine::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_ || !waits_.empty()) {
    if (waits_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waits_.begin();
    if (!stopped_ && Clock::now() < first->first) {
      const Clock::time_point end = first->first;  // it may be gone after the wait
      changed_.wait_until(lock, end);
      continue;
    }
    const std::shared_ptr<Wait> wait = std::move(first->second);
    waits_.erase(first);
    lock.unlock();
    wait->Finish();
    lock.lock();
  }
}

}  // namespace warden
