// Wakes the thread that keeps keys.
#ifndef WARDEN_INTERCEPTORS_KEYS_KEY_ALARM_H_
#define WARDEN_INTERCEPTORS_KEYS_KEY_ALARM_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "authz/token/token_cache.h"

namespace warden {

// A flood of tokens with unknown keys sets a flag once and then only reads it, until the flag is
// cleared. Thread-safe.
class KeyAlarm final : public OutdatedKeysListener {
 public:
  explicit KeyAlarm(size_t issuers) : asked_(issuers) {}

  void OnOutdatedKeys(size_t issuer) override {
    if (issuer >= asked_.size() || asked_[issuer].load(std::memory_order_relaxed)) return;
    if (!asked_[issuer].exchange(true)) Wake();
  }
  bool Asked(size_t issuer) const { return asked_[issuer]; }
  void Clear(size_t issuer) { asked_[issuer] = false; }

  void Wake() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      awake_ = true;
    }
    wake_.notify_one();
  }

  // Until Wake was called since the last wait, or for that long.
  void Wait(absl::Duration longest) {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, absl::ToChronoMilliseconds(longest), [this] { return awake_; });
    awake_ = false;
  }

 private:
  std::vector<std::atomic<bool>> asked_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_KEYS_KEY_ALARM_H_
