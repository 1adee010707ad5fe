// How a store that is reached through a RedisSender does.
#ifndef WARDEN_INTERCEPTORS_LIMITS_SHARED_SENDER_METRICS_H_
#define WARDEN_INTERCEPTORS_LIMITS_SHARED_SENDER_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "interceptors/limits/shared/redis_sender.h"

namespace warden {

// The names of its metrics.
struct SenderMetrics {
  const char* up;
  const char* questions;
  const char* batches;
  const char* errors;
};

// `what` it is a store of.
inline std::vector<prometheus::MetricFamily> SenderFamilies(const RedisSender& sender,
                                                            const SenderMetrics& names,
                                                            const std::string& what) {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const std::string& help, MetricType type, double value) {
    prometheus::ClientMetric sample;
    (type == MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
    families.push_back({name, help, type, {std::move(sample)}});
  };
  const auto count = [&](const char* name, const std::string& help, uint64_t value) {
    add(name, help, MetricType::Counter, static_cast<double>(value));
  };
  add(names.up, "1 while the shared store of " + what + " answers.", MetricType::Gauge,
      sender.up() ? 1 : 0);
  count(names.questions, "Questions asked of the shared store of " + what + ".", sender.commands());
  count(names.batches, "Round trips to the shared store of " + what + ".", sender.batches());
  count(names.errors, "Questions that the shared store of " + what + " did not answer.",
        sender.failures());
  return families;
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_SHARED_SENDER_METRICS_H_
