// Remembers, beside an immutable object, in which state of the world it was last found good.
#ifndef WARDEN_AUTHZ_SYNC_GENERATION_MEMO_H_
#define WARDEN_AUTHZ_SYNC_GENERATION_MEMO_H_

#include <atomic>
#include <cstdint>

namespace warden {

// Thread-safe, also while the object that it belongs to is const. A copy remembers nothing, so that
// copies may be changed.
class GenerationMemo {
 public:
  GenerationMemo() = default;
  GenerationMemo(const GenerationMemo&) {}
  GenerationMemo& operator=(const GenerationMemo&) {
    Store(0);
    return *this;
  }

  // 0 where nothing was stored.
  uint64_t Load() const { return generation_.load(std::memory_order_relaxed); }
  void Store(uint64_t generation) const {
    generation_.store(generation, std::memory_order_relaxed);
  }

 private:
  mutable std::atomic<uint64_t> generation_{0};
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_SYNC_GENERATION_MEMO_H_
