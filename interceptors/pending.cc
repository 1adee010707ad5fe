#include "interceptors/pending.h"

#include <utility>

namespace warden {

void Pending::End() {
  std::function<void()> then;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    then = std::move(then_);
    then_ = nullptr;
    ended_signal_.notify_all();
  }
  if (then) then();
}

void Pending::Then(std::function<void()> then) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ended_) {
      then_ = std::move(then);
      return;
    }
  }
  then();
}

void Pending::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  ended_signal_.wait(lock, [this] { return ended_; });
}

}  // namespace warden
