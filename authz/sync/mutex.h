// The lock of Warden's hot paths.
#ifndef WARDEN_AUTHZ_SYNC_MUTEX_H_
#define WARDEN_AUTHZ_SYNC_MUTEX_H_

#include <mutex>

#include "absl/base/thread_annotations.h"

namespace warden {

// std::mutex with the annotations of clang's thread safety analysis. absl::Mutex has them too, but
// distributions build Abseil with its deadlock detector on, which takes a global lock at each lock:
// several times the cost of what these locks guard.
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_->Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_SYNC_MUTEX_H_
