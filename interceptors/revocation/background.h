// A thread that does one thing again and again.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_BACKGROUND_H_
#define WARDEN_INTERCEPTORS_REVOCATION_BACKGROUND_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace warden {

// `work` returns how long to wait before it is done again. The destructor ends a wait at once and
// waits for work that is being done.
class Background {
 public:
  Background(absl::Duration first_wait, std::function<absl::Duration()> work);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  // condition_variable waits on std::mutex alone.
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_BACKGROUND_H_
