// The health of a server as metrics.
#ifndef WARDEN_INTERCEPTORS_HEALTH_HEALTH_METRICS_H_
#define WARDEN_INTERCEPTORS_HEALTH_HEALTH_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "interceptors/health/health_registry.h"

namespace warden {

// warden_ready, and warden_health_check by the names of the checks.
std::vector<prometheus::MetricFamily> HealthFamilies(const HealthReport& report);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HEALTH_HEALTH_METRICS_H_
