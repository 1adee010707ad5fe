// The keys' numbers for Prometheus.
#ifndef WARDEN_INTERCEPTORS_KEYS_KEY_METRICS_H_
#define WARDEN_INTERCEPTORS_KEYS_KEY_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

#include "interceptors/keys/key_keeper.h"

namespace warden {

// warden_keys_age_seconds, warden_keys and warden_key_refreshes_total, each by issuer.
std::vector<prometheus::MetricFamily> KeyFamilies(const std::vector<KeyStatus>& issuers);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_KEYS_KEY_METRICS_H_
