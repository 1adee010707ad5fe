// One token bucket, as GCRA keeps it: the generic cell rate algorithm of ITU-T I.371, in exact
// arithmetic.
#ifndef WARDEN_INTERCEPTORS_LIMITS_GCRA_H_
#define WARDEN_INTERCEPTORS_LIMITS_GCRA_H_

#include <cstdint>

#include "interceptors/limits/limit_spec.h"

namespace warden {

// The state of a bucket: the theoretical arrival time (TAT), at which it will be full again, as
// `ns` + `fraction`/requests nanoseconds. Full at any moment from then on.
struct ArrivalTime {
  int64_t ns = 0;
  uint32_t fraction = 0;  // below `requests`

  bool FullAt(int64_t now_ns) const { return ns < now_ns || (ns == now_ns && fraction == 0); }
};

// What GcraTake decided.
struct GcraDecision {
  bool allowed = false;
  int64_t wait_ns = 0;     // refused: the least time after which a token is there
  uint32_t remaining = 0;  // allowed: tokens left now
};

// True if CheckLimit accepts the spec.
bool IsValid(const LimitSpec& spec);

// Takes a token at `now_ns` if there is one; `tat` changes only then. REQUIRES: IsValid(spec),
// `now_ns` and `tat` are within 2^62 of zero, and `tat` was made under this spec. No overflow is
// possible then.
GcraDecision GcraTake(const LimitSpec& spec, int64_t now_ns, ArrivalTime* tat);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_GCRA_H_
