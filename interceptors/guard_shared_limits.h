// What of a Guard's start-up concerns limits that several servers share.
#ifndef WARDEN_INTERCEPTORS_GUARD_SHARED_LIMITS_H_
#define WARDEN_INTERCEPTORS_GUARD_SHARED_LIMITS_H_

#include <prometheus/metric_family.h>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limits/shared/shared_store.h"

namespace warden {

// Adds to `problems` what is wrong with the stores of limits, in annotations and configuration.
void CheckSharedLimits(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                       ProblemList* problems);

// The store of limits that are SHARED, and its metrics.
struct SharedLimits {
  std::shared_ptr<SharedLimitStore> store;  // null where no limit is shared
  std::function<std::vector<prometheus::MetricFamily>()> families;
};
// Tries to reach the store, and goes on without where it cannot. REQUIRES: CheckSharedLimits found
// nothing.
SharedLimits MakeSharedLimits(const LoadedConfig& config, const std::deque<GuardedMethod>& methods);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_SHARED_LIMITS_H_
