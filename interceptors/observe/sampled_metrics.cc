// Metrics that live elsewhere and are read at a scrape.
#include <array>
#include <utility>

#include "interceptors/observe/metric_families.h"
#include "interceptors/observe/metrics.h"

namespace warden {

using namespace metric_families;  // NOLINT(google-build-using-namespace): internal to this folder

namespace {

struct SampledFamily {
  const char* name;
  const char* help;
  MetricType type;
  const char* kind = nullptr;  // the label `kind`, of families with several samples in a row
};
constexpr char kRevocations[] = "Revocations that are in force, by kind.";
// By SampledMetric.
constexpr std::array<SampledFamily, kSampledMetrics> kSampledFamilies = {{
    {"warden_rate_limit_tracked_keys", "Keys that have a rate-limit bucket of their own.",
     MetricType::Gauge},
    {"warden_rate_limit_evictions_total", "Idle rate-limit buckets that gave way to new keys.",
     MetricType::Counter},
    {"warden_rate_limit_shared_decisions_total",
     "Rate-limit decisions taken by a method's shared bucket because the table of keys was full.",
     MetricType::Counter},
    {"warden_token_cache_entries", "Verified tokens that are remembered.", MetricType::Gauge},
    {"warden_peer_cache_entries", "Client certificates whose verification is remembered.",
     MetricType::Gauge},
    {"warden_refusal_log_dropped_total",
     "Refusals and notes that were not logged because the log's rate was exceeded.",
     MetricType::Counter},
    {"warden_introspection_requests_total", "Questions to the authorization server about tokens.",
     MetricType::Counter},
    {"warden_introspection_failures_total",
     "Questions that the authorization server did not answer properly.", MetricType::Counter},
    {"warden_introspection_not_asked_total",
     "Tokens that were refused unasked: too many questions under way, or too many failures.",
     MetricType::Counter},
    {"warden_introspection_cache_entries", "Answers about tokens that are remembered.",
     MetricType::Gauge},
    {"warden_introspection_breaker_open",
     "1 while the authorization server is left alone because it failed.", MetricType::Gauge},
    {"warden_streams_watched", "Streams under way whose credentials can end.", MetricType::Gauge},
    {"warden_revocations", kRevocations, MetricType::Gauge, "token"},
    {"warden_revocations", kRevocations, MetricType::Gauge, "subject"},
    {"warden_revocations", kRevocations, MetricType::Gauge, "certificate"},
    {"warden_revocations", kRevocations, MetricType::Gauge, "key"},
    {"warden_revocations", kRevocations, MetricType::Gauge, "api_key"},
    {"warden_revocation_sync_age_seconds",
     "Time since the shared list of revocations was last known to be up to date.",
     MetricType::Gauge},
    {"warden_revocation_sync_failures_total",
     "Attempts to read the shared list of revocations that failed.", MetricType::Counter},
    {"warden_revocation_rollbacks_total",
     "Times that the shared list of revocations came back older, or as another one.",
     MetricType::Counter},
    {"warden_revocation_outage",
     "1 while the shared list of revocations has been out of reach for too long.",
     MetricType::Gauge},
    {"warden_crl_next_update_timestamp_seconds",
     "When the first certificate revocation list is due to be replaced, in Unix time.",
     MetricType::Gauge},
    {"warden_api_keys", "API keys in force, disabled and expired ones among them.",
     MetricType::Gauge},
}};

}  // namespace

void Metrics::CollectSamples(std::vector<Family>* out) const {
  MutexLock lock(&mutex_);
  for (size_t i = 0; i < kSampledMetrics; ++i) {
    if (!slow_.read[i]) continue;
    const SampledFamily& sampled = kSampledFamilies[i];
    if (out->empty() || out->back().name != sampled.name) {
      out->push_back(MakeFamily(sampled.name, sampled.help, sampled.type));
    }
    std::vector<ClientMetric::Label> labels;
    if (sampled.kind != nullptr) labels.push_back({"kind", sampled.kind});
    ClientMetric& sample = AddSample(&out->back(), std::move(labels));
    const double value = slow_.read[i]();
    if (sampled.type == MetricType::Counter) {
      sample.counter.value = value;
    } else {
      sample.gauge.value = value;
    }
  }
  for (const auto& read : slow_.read_families) {
    for (Family& family : read()) out->push_back(std::move(family));
  }
}

}  // namespace warden
