#include "interceptors/observe/striped_counters.h"

#include <algorithm>
#include <bit>
#include <new>
#include <thread>

namespace warden {
namespace {

constexpr std::align_val_t kLine{64};
constexpr size_t kCountersPerLine = 64 / sizeof(std::atomic<uint64_t>);
constexpr size_t kMaxStripes = 16;

}  // namespace

StripedCounters::StripedCounters(size_t size)
    : size_(size),
      stride_((size + kCountersPerLine - 1) / kCountersPerLine * kCountersPerLine),
      mask_(std::min(kMaxStripes, std::bit_ceil<size_t>(std::thread::hardware_concurrency())) - 1) {
  const size_t cells = stride_ * (mask_ + 1);
  void* memory = ::operator new(cells * sizeof(std::atomic<uint64_t>), kLine);
  auto* first = static_cast<std::atomic<uint64_t>*>(memory);
  for (size_t i = 0; i < cells; ++i) new (first + i) std::atomic<uint64_t>(0);
  cells_.reset(first);
}

void StripedCounters::AlignedDelete::operator()(std::atomic<uint64_t>* cells) const {
  ::operator delete(cells, kLine);  // atomics of integers need no destructor
}

uint64_t StripedCounters::Sum(size_t index) const {
  uint64_t sum = 0;
  for (size_t stripe = 0; stripe <= mask_; ++stripe) {
    sum += cells_[stripe * stride_ + index].load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace warden
