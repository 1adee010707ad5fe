#include "interceptors/pending_token.h"

#include <utility>

namespace warden {

void PendingToken::Finish(TokenResult result) {
  std::function<void()> then;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    result_ = std::move(result);
    then = std::move(then_);
    then_ = nullptr;
    answered_.notify_all();
  }
  if (then) then();
}

void PendingToken::Then(std::function<void()> then) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!result_.has_value()) {
      then_ = std::move(then);
      return;
    }
  }
  then();
}

void PendingToken::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  answered_.wait(lock, [this] { return result_.has_value(); });
}

TokenResult PendingToken::Take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return *std::move(result_);
}

}  // namespace warden
