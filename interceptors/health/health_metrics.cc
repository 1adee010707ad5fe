#include "interceptors/health/health_metrics.h"

#include <utility>

namespace warden {
namespace {

double ValueOf(HealthState state) {
  switch (state) {
    case HealthState::kOk:
      return 1;
    case HealthState::kDegraded:
      return 0.5;
    case HealthState::kFailed:
      break;
  }
  return 0;
}

}  // namespace

std::vector<prometheus::MetricFamily> HealthFamilies(const HealthReport& report) {
  prometheus::MetricFamily ready = {
      "warden_ready", "1 while the server wants calls.", prometheus::MetricType::Gauge, {}};
  ready.metric.emplace_back();
  ready.metric.back().gauge.value = report.ready ? 1 : 0;
  prometheus::MetricFamily checks = {"warden_health_check",
                                     "1: well; 0.5: something is wrong, and calls are served; 0: "
                                     "failed, and the server is not ready.",
                                     prometheus::MetricType::Gauge,
                                     {}};
  for (const HealthCheck& check : report.checks) {
    prometheus::ClientMetric& sample = checks.metric.emplace_back();
    sample.label.push_back({"check", check.name});
    sample.gauge.value = ValueOf(check.found.state);
  }
  std::vector<prometheus::MetricFamily> families;
  families.push_back(std::move(ready));
  families.push_back(std::move(checks));
  return families;
}

}  // namespace warden
