// Counters that many threads add to without disturbing each other.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_STRIPED_COUNTERS_H_
#define WARDEN_INTERCEPTORS_OBSERVE_STRIPED_COUNTERS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace warden {

// `size` counters in several stripes, each on cache lines of its own; a thread adds to the stripe
// it was dealt, and Sum adds the stripes up. Thread-safe; Add is wait-free.
class StripedCounters {
 public:
  explicit StripedCounters(size_t size);

  // REQUIRES: index < size(). Subtraction is the addition of the two's complement.
  void Add(size_t index, uint64_t amount) {
    cells_[ThreadStripe() * stride_ + index].fetch_add(amount, std::memory_order_relaxed);
  }
  uint64_t Sum(size_t index) const;
  size_t size() const { return size_; }

 private:
  size_t ThreadStripe() const {
    static std::atomic<uint32_t> next_thread{0};
    thread_local const uint32_t thread = next_thread.fetch_add(1, std::memory_order_relaxed);
    return thread & mask_;
  }

  struct AlignedDelete {
    void operator()(std::atomic<uint64_t>* cells) const;
  };

  size_t size_;
  size_t stride_;  // counters per stripe, in whole cache lines
  size_t mask_;    // number of stripes - 1; a power of two
  std::unique_ptr<std::atomic<uint64_t>[], AlignedDelete> cells_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_STRIPED_COUNTERS_H_
