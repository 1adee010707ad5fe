// Something that a call waits for before it can be decided.
#ifndef WARDEN_INTERCEPTORS_PENDING_H_
#define WARDEN_INTERCEPTORS_PENDING_H_

#include <condition_variable>
#include <functional>
#include <mutex>

namespace warden {

// Thread-safe. Who waits keeps it by shared_ptr, as does who ends the wait.
class Pending {
 public:
  virtual ~Pending() = default;

  // What to do when it is there: at most once, and not together with Wait. Runs at once, on this
  // thread, where it is there already. It must be quick and not throw.
  void Then(std::function<void()> then);

  // Blocks until it is there.
  void Wait();

 protected:
  // It is there; exactly once. Runs what Then was given, on this thread.
  void End();

 private:
  std::mutex mutex_;
  std::condition_variable ended_signal_;
  bool ended_ = false;          // under mutex_
  std::function<void()> then_;  // under mutex_
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PENDING_H_
