// A value that many threads read and one replaces now and then.
#ifndef WARDEN_AUTHZ_SYNC_PUBLISHED_H_
#define WARDEN_AUTHZ_SYNC_PUBLISHED_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "authz/sync/mutex.h"

namespace warden {

// A small number of the calling thread's own, to spread threads over slots with.
inline size_t ThreadNumber() {
  static std::atomic<size_t> next{0};
  thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

// Holds a `shared_ptr<const T>` in several slots, so that readers neither wait for each other nor
// count references in one place. Thread-safe. A reader that begins after Set returned sees the new
// value; during Set some see the old one.
template <typename T>
class Published {
 public:
  explicit Published(const std::shared_ptr<const T>& value) { Set(value); }

  std::shared_ptr<const T> Get() const {
    Slot& slot = slots_[ThreadNumber() % kSlots];
    MutexLock lock(&slot.mutex);
    return slot.value;
  }

  void Set(const std::shared_ptr<const T>& value) {
    for (Slot& slot : slots_) {
      // A count of references of its own, which holds the shared one.
      std::shared_ptr<const T> own(std::make_shared<std::shared_ptr<const T>>(value), value.get());
      MutexLock lock(&slot.mutex);
      slot.value.swap(own);  // the old value goes after the lock
    }
  }

 private:
  struct alignas(64) Slot {
    Mutex mutex;
    std::shared_ptr<const T> value ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kSlots = 16;

  mutable std::array<Slot, kSlots> slots_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_SYNC_PUBLISHED_H_
