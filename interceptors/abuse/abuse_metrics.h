// AbuseControl's metrics. docs/metrics.md describes them.
#ifndef WARDEN_INTERCEPTORS_ABUSE_ABUSE_METRICS_H_
#define WARDEN_INTERCEPTORS_ABUSE_ABUSE_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "interceptors/abuse/abuse_control.h"

namespace warden {

// For Metrics::AddFamilies.
std::vector<prometheus::MetricFamily> AbuseFamilies(const AbuseControl& abuse);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_ABUSE_METRICS_H_
