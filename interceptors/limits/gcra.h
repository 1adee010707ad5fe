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

// What a limit says to a call, whatever its algorithm.
struct GcraDecision {
  bool allowed = false;
  int64_t wait_ns = 0;     // refused: the least time after which it can pass; kNever where none is
  uint32_t remaining = 0;  // what is left now, after it was charged
  int64_t reset_ns = 0;    // the time after which all of it is there again
};
inline constexpr int64_t kNever = int64_t{1} << 62;

// How a call is counted.
enum class TakeMode : uint8_t {
  kTake,    // charged if it is allowed
  kPeek,    // judged, and not charged
  kCharge,  // charged even if it would be refused: what is owed is regained first
};

// True if CheckLimit accepts the spec.
bool IsValid(const LimitSpec& spec);

// Takes `cost` tokens (at least 1) at `now_ns` if there are as many; `tat` changes only then. What
// costs more than `burst` is never allowed. A bucket can owe up to `burst`. REQUIRES:
// IsValid(spec), `now_ns` and `tat` are within 2^61 of zero, and `tat` was made under this spec, or
// brought under it by GcraRead. No overflow is possible then.
GcraDecision GcraTake(const LimitSpec& spec, int64_t now_ns, ArrivalTime* tat, uint32_t cost = 1,
                      TakeMode mode = TakeMode::kTake);

// Gives back what was taken, in the time that it was charged as; a bucket is never more than full.
void GcraRefund(const LimitSpec& spec, uint32_t cost, ArrivalTime* tat);

// Reads what another spec of the same limit left as one of this spec. What is missing keeps its
// time to be regained, to within a nanosecond: half a bucket of 10 an hour is half a bucket of 20
// an hour.
ArrivalTime GcraRead(const LimitSpec& spec, const ArrivalTime& tat);
// The same, and what is more than this spec can hold becomes an empty bucket of it: a longer wait
// would be of a limit that is no more. `owes`: calls may be charged what is not there, so up to
// twice the size can be missing. Exactly `tat` where it was made under this spec. REQUIRES: as
// GcraTake.
ArrivalTime GcraAdopt(const LimitSpec& spec, int64_t now_ns, bool owes, const ArrivalTime& tat);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_GCRA_H_
