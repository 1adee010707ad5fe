// The queue between the threads of calls and the audit log's own.
#ifndef WARDEN_INTERCEPTORS_AUDIT_ENTRY_RING_H_
#define WARDEN_INTERCEPTORS_AUDIT_ENTRY_RING_H_

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include "interceptors/audit/entry.h"

namespace warden {

// A bounded queue without locks, after D. Vyukov's: any number of threads push, one reads. The
// reader looks at entries where they are and gives their room back once they are written, so what
// could not be written still counts against the bound. Memory is touched as it is first used.
class EntryRing {
 public:
  // The least power of two that holds `entries`.
  explicit EntryRing(size_t entries)
      : capacity_(std::bit_ceil(std::max<size_t>(entries, 2))),
        turns_(new std::atomic<uint64_t>[capacity_]),
        room_(static_cast<AuditEntry*>(operator new(capacity_ * sizeof(AuditEntry), kAlign))) {
    static_assert(std::is_trivially_destructible_v<AuditEntry>, "none is destroyed");
    for (size_t i = 0; i < capacity_; ++i) turns_[i].store(i, std::memory_order_relaxed);
  }
  ~EntryRing() { operator delete(room_, kAlign); }
  EntryRing(const EntryRing&) = delete;
  EntryRing& operator=(const EntryRing&) = delete;

  // Calls `fill(AuditEntry&)`, which must not throw, with a new entry; false, without calling it,
  // where the queue is full. Any thread.
  template <typename Fill>
  bool Push(const Fill& fill) {
    uint64_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      const uint64_t turn = turns_[at & (capacity_ - 1)].load(std::memory_order_acquire);
      if (turn == at) {
        if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) break;
      } else if (turn < at) {
        return false;
      } else {
        at = tail_.load(std::memory_order_relaxed);
      }
    }
    fill(*new (room_ + (at & (capacity_ - 1))) AuditEntry);
    // Sequentially consistent: a reader that goes to sleep sees this, or the pusher sees it asleep.
    turns_[at & (capacity_ - 1)].store(at + 1, std::memory_order_seq_cst);
    return true;
  }

  // The entry `ahead` places behind the first; null where it is not there (yet). The reader alone.
  const AuditEntry* Peek(size_t ahead) const {
    const uint64_t at = head_.load(std::memory_order_relaxed) + ahead;
    if (ahead >= capacity_) return nullptr;
    const uint64_t turn = turns_[at & (capacity_ - 1)].load(std::memory_order_seq_cst);
    return turn == at + 1 ? room_ + (at & (capacity_ - 1)) : nullptr;
  }

  // Gives the room of the first `count` entries back. The reader alone.
  void Release(size_t count) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    for (uint64_t at = head; at < head + count; ++at) {
      turns_[at & (capacity_ - 1)].store(at + capacity_, std::memory_order_release);
    }
    head_.store(head + count, std::memory_order_relaxed);
  }

  size_t size() const {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    return tail > head ? static_cast<size_t>(tail - head) : 0;
  }
  size_t capacity() const { return capacity_; }

 private:
  static constexpr std::align_val_t kAlign{64};

  const size_t capacity_;
  const std::unique_ptr<std::atomic<uint64_t>[]> turns_;  // whose turn each place is
  AuditEntry* const room_;
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::atomic<uint64_t> head_{0};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_ENTRY_RING_H_
