// Windows of time in which calls are counted: from one multiple of `per` to the next, alone or
// weighed with the window before.
#ifndef WARDEN_INTERCEPTORS_LIMITS_WINDOW_H_
#define WARDEN_INTERCEPTORS_LIMITS_WINDOW_H_

#include <cstdint>

#include "interceptors/limits/gcra.h"
#include "interceptors/limits/limit_spec.h"

namespace warden {

// What was counted of a key. As good as none from `idle_ns` on.
struct WindowCounts {
  int64_t idle_ns = 0;   // fixed: the end of the window; sliding: of the one after it
  uint32_t current = 0;  // in the window
  uint32_t before = 0;   // sliding: in the window before it
};

// As GcraTake, for the algorithms with windows; `spec.requests` is what a window has room for. A
// charge counts up to twice as much; a fixed window forgets it with the rest. Windows begin at
// multiples of `per` of `now_ns` + `epoch_ns`.
//
// Of counts that were made with another `per` nothing is known but that they are: windows of this
// one begin anew.
//
// kSlidingWindow takes what was counted in the window before as spread evenly over it: of
// `before`, the part that lies within the last `per` counts.
//
// REQUIRES: IsValid(spec); `now_ns`, `epoch_ns` and `counts->idle_ns` are within 2^61 of zero, and
// `now_ns` + `epoch_ns` is not negative.
GcraDecision WindowTake(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns,
                        WindowCounts* counts, uint32_t cost, TakeMode mode);

// Gives back what was taken at or before `now_ns`, as far as it still counts. Counts of another
// `per` are left alone.
void WindowRefund(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns, uint32_t cost,
                  WindowCounts* counts);

// For a spec that is no longer the limit's newest. As WindowTake, but counts of another `per` are
// those of the newest spec and must not begin anew: what it says is judged by them as they stand,
// and counted in them.
GcraDecision WindowTakeLate(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns,
                            WindowCounts* counts, uint32_t cost, TakeMode mode);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_WINDOW_H_
