// A thread that does something again and again.
#ifndef WARDEN_INTERCEPTORS_PERIODIC_H_
#define WARDEN_INTERCEPTORS_PERIODIC_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace warden {

// Calls `action` each `interval`, first after one of them, from one thread of its own, until
// destroyed. The destructor waits for a call under way. `action` must not throw. Thread-safe.
class Periodic {
 public:
  Periodic(absl::Duration interval, std::function<void()> action);
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void Run(absl::Duration interval);

  const std::function<void()> action_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PERIODIC_H_
