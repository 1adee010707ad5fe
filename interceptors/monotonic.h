// The clock of intervals.
#ifndef WARDEN_INTERCEPTORS_MONOTONIC_H_
#define WARDEN_INTERCEPTORS_MONOTONIC_H_

#include <ctime>

#include "absl/time/time.h"

namespace warden {

// The time since the machine was started, as a time after 1970. Nobody sets it, so a step of the
// wall clock makes no key older or younger; it goes on while the machine sleeps, unlike
// std::chrono::steady_clock.
inline absl::Time MonotonicNow() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::TimeFromTimespec(now);
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_MONOTONIC_H_
