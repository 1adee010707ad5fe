// What of a Guard's start-up concerns limits.
#ifndef WARDEN_INTERCEPTORS_GUARD_LIMITS_H_
#define WARDEN_INTERCEPTORS_GUARD_LIMITS_H_

#include <memory>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limits/limit.h"
#include "interceptors/limits/rate_limiter.h"

namespace warden {

// Reads rate_limit, concurrency and stream_quota of a method into it. Adds what is wrong to
// `problems`.
void CompileLimits(GuardedMethod* method, LimitIds* ids, ProblemList* problems);

// The configuration's limits.connection. Likewise. Their ids are below kMaxLimits.
std::vector<Limit> ReadConnectionLimits(const LoadedConfig& config, ProblemList* problems);

// Where the limits keep what they count. Windows begin at multiples of `per` of the wall clock as
// it stands now; what it is set to later moves none.
std::shared_ptr<RateLimiter> MakeRateLimiter(const LoadedConfig& config);

// Which answers carry the trailers of limits.
struct LimitTrailers {
  bool on_refusal = true;
  bool always = false;
};
LimitTrailers ReadLimitTrailers(const v1::Config& config);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_LIMITS_H_
