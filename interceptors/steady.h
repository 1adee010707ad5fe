// The clock of intervals on hot paths, which std::chrono gives.
#ifndef WARDEN_INTERCEPTORS_STEADY_H_
#define WARDEN_INTERCEPTORS_STEADY_H_

#include <chrono>
#include <cstdint>

namespace warden {

// std::chrono::steady_clock's time, in nanoseconds: that of Call::monotonic_ns.
inline int64_t SteadyNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STEADY_H_
