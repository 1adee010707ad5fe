// Where calls wait without holding a thread.
#ifndef WARDEN_INTERCEPTORS_ABUSE_DELAY_LINE_H_
#define WARDEN_INTERCEPTORS_ABUSE_DELAY_LINE_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "interceptors/pending.h"

namespace warden {

// One thread ends the waits of all calls, each at its time. Thread-safe.
class DelayLine {
 public:
  explicit DelayLine(size_t max_waiting);
  ~DelayLine();  // as Stop
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  // A wait that ends `delay` from now. Null where `max_waiting` calls wait already, or Stop was
  // called.
  std::shared_ptr<Pending> Add(absl::Duration delay);

  // Ends every wait now, and takes no more.
  void Stop();

  size_t waiting() const;

 private:
  class Wait final : public Pending {
   public:
    void Finish() { End(); }
  };
  using Clock = std::chrono::steady_clock;

  void Run();

  const size_t max_waiting_;
  // condition_variable waits on std::mutex alone.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;                                           // under mutex_
  std::multimap<Clock::time_point, std::shared_ptr<Wait>> waits_;  // under mutex_
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_DELAY_LINE_H_
