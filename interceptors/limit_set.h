// All limits of a server as they hold at one time: their numbers can be changed while it runs.
#ifndef WARDEN_INTERCEPTORS_LIMIT_SET_H_
#define WARDEN_INTERCEPTORS_LIMIT_SET_H_

#include <cstdint>
#include <vector>

#include "interceptors/call.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limits/limit.h"

namespace warden {

// Immutable once published. Of all versions only the limits' numbers (spec, said) differ: whom they
// are for, their order, ids and stores are those of GuardedMethod::limits.
struct LimitSet {
  uint32_t version = 0;                     // later ones are greater
  std::vector<std::vector<Limit>> methods;  // by GuardedMethod::id
  std::vector<Limit> connection;            // limits.connection of the configuration
};

// Those of the call's method, in the call's version. REQUIRES: the call is of a guarded method and
// has begun.
inline const std::vector<Limit>& LimitsOf(const Call& call) {
  return call.limits->methods[call.method->id];
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMIT_SET_H_
