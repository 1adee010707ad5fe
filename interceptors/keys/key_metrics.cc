#include "interceptors/keys/key_metrics.h"

#include <string>
#include <utility>

namespace warden {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric& AddSample(MetricFamily* family, std::vector<ClientMetric::Label> labels) {
  family->metric.emplace_back();
  family->metric.back().label = std::move(labels);
  return family->metric.back();
}

}  // namespace

std::vector<MetricFamily> KeyFamilies(const std::vector<KeyStatus>& issuers) {
  MetricFamily age = {"warden_keys_age_seconds",
                      "Time since an issuer's keys were last fetched with success.",
                      MetricType::Gauge,
                      {}};
  MetricFamily count = {"warden_keys",
                        "Keys of an issuer that are in use; 0 while its tokens are refused.",
                        MetricType::Gauge,
                        {}};
  MetricFamily refreshes = {"warden_key_refreshes_total",
                            "Fetches of an issuer's keys, by result.",
                            MetricType::Counter,
                            {}};
  for (const KeyStatus& status : issuers) {
    if (status.age.has_value()) {
      AddSample(&age, {{"issuer", status.issuer}}).gauge.value = absl::ToDoubleSeconds(*status.age);
    }
    AddSample(&count, {{"issuer", status.issuer}}).gauge.value = static_cast<double>(status.keys);
    const std::pair<const char*, uint64_t> results[] = {
        {"updated", status.updated}, {"unchanged", status.unchanged}, {"failed", status.failed}};
    for (const auto& [result, fetches] : results) {
      AddSample(&refreshes, {{"issuer", status.issuer}, {"result", result}}).counter.value =
          static_cast<double>(fetches);
    }
  }
  return {std::move(age), std::move(count), std::move(refreshes)};
}

}  // namespace warden
