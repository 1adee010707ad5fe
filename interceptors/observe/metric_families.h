// What the parts of Metrics share: names of label values, and the making of families. Internal to
// interceptors/observe.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_METRIC_FAMILIES_H_
#define WARDEN_INTERCEPTORS_OBSERVE_METRIC_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "interceptors/observe/metrics.h"

namespace warden::metric_families {

using Family = prometheus::MetricFamily;
using prometheus::ClientMetric;
using prometheus::MetricType;

// Upper bounds of the stage histogram: from a table look-up to a stage that waits for a disk or
// network.
inline constexpr std::array<int64_t, 15> kStageBoundsNs = {
    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,    50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
inline constexpr size_t kStageBuckets = kStageBoundsNs.size() + 1;  // and one for +Inf

inline constexpr std::array<std::string_view, kReloadedFiles> kFiles = {
    "policy",   "key_set",       "certificate",  "revocations", "trust_bundle", "revocation_list",
    "api_keys", "shadow_policy", "signing_keys", "blocks",      "limits"};
inline constexpr std::array<std::string_view, 2> kShadowKinds = {"would_deny", "would_allow"};

inline Family MakeFamily(const char* name, const char* help, MetricType type) {
  return {name, help, type, {}};
}

// Appends a sample with these labels and gives it back for its value.
inline ClientMetric& AddSample(Family* family, std::vector<ClientMetric::Label> labels) {
  family->metric.emplace_back();
  family->metric.back().label = std::move(labels);
  return family->metric.back();
}

}  // namespace warden::metric_families

#endif  // WARDEN_INTERCEPTORS_OBSERVE_METRIC_FAMILIES_H_
