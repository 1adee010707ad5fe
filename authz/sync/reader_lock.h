// A lock for what every call reads and hardly anybody changes.
#ifndef WARDEN_AUTHZ_SYNC_READER_LOCK_H_
#define WARDEN_AUTHZ_SYNC_READER_LOCK_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace warden {

// Readers lock one of several mutexes, each thread the one it was dealt, so they do not disturb
// each other and touch no line of memory that others write. A writer locks all of them. A thread
// must not take it twice.
class ABSL_LOCKABLE ReaderLock {
 public:
  void ReaderAcquire() ABSL_SHARED_LOCK_FUNCTION() { stripes_[ThreadStripe()].mutex.lock(); }
  void ReaderRelease() ABSL_UNLOCK_FUNCTION() { stripes_[ThreadStripe()].mutex.unlock(); }

  void WriterAcquire() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    for (Stripe& stripe : stripes_) stripe.mutex.lock();
  }
  void WriterRelease() ABSL_UNLOCK_FUNCTION() {
    for (Stripe& stripe : stripes_) stripe.mutex.unlock();
  }

 private:
  static constexpr size_t kStripes = 32;
  struct alignas(64) Stripe {
    std::mutex mutex;
  };

  static size_t ThreadStripe() {
    static std::atomic<size_t> next_thread{0};
    thread_local const size_t thread = next_thread.fetch_add(1, std::memory_order_relaxed);
    return thread % kStripes;
  }

  std::array<Stripe, kStripes> stripes_;
};

class ABSL_SCOPED_LOCKABLE ReaderLockHold {
 public:
  explicit ReaderLockHold(ReaderLock* lock) ABSL_SHARED_LOCK_FUNCTION(lock) : lock_(lock) {
    lock_->ReaderAcquire();
  }
  ~ReaderLockHold() ABSL_UNLOCK_FUNCTION() { lock_->ReaderRelease(); }
  ReaderLockHold(const ReaderLockHold&) = delete;
  ReaderLockHold& operator=(const ReaderLockHold&) = delete;

 private:
  ReaderLock* const lock_;
};

class ABSL_SCOPED_LOCKABLE WriterLockHold {
 public:
  explicit WriterLockHold(ReaderLock* lock) ABSL_EXCLUSIVE_LOCK_FUNCTION(lock) : lock_(lock) {
    lock_->WriterAcquire();
  }
  ~WriterLockHold() ABSL_UNLOCK_FUNCTION() { lock_->WriterRelease(); }
  WriterLockHold(const WriterLockHold&) = delete;
  WriterLockHold& operator=(const WriterLockHold&) = delete;

 private:
  ReaderLock* const lock_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_SYNC_READER_LOCK_H_
