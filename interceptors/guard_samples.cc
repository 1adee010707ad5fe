// Which of a Guard's parts a scrape of the metrics reads.
#include <algorithm>
#include <utility>

#include "interceptors/guard.h"
#include "interceptors/introspection/introspector.h"
#include "interceptors/keys/key_metrics.h"
#include "interceptors/limit_counters.h"
#include "interceptors/observe/refusal_log.h"
#include "interceptors/steady.h"

namespace warden {
void Guard::SampleGauges() {
  metrics_->Sample(SampledMetric::kRateLimitTrackedKeys,
                   [limiter = limiter_] { return static_cast<double>(limiter->tracked_keys()); });
  metrics_->Sample(SampledMetric::kRateLimitEvictions,
                   [limiter = limiter_] { return static_cast<double>(limiter->evictions()); });
  metrics_->Sample(SampledMetric::kRateLimitSharedDecisions, [limiter = limiter_] {
    return static_cast<double>(limiter->shared_decisions());
  });
  metrics_->AddFamilies([counters = limit_counters_] { return counters->Families(); });
  metrics_->Sample(SampledMetric::kPeerCacheEntries, [ports = peer_rules_] {
    size_t entries = 0;
    for (const auto& rules : ports) entries += rules->peers().size();
    return static_cast<double>(entries);
  });
  const auto next_crl_update = [ports = peer_rules_] {
    absl::Time next = absl::InfiniteFuture();
    for (const auto& rules : ports) next = std::min(next, rules->next_crl_update());
    return next;
  };
  if (next_crl_update() != absl::InfiniteFuture()) {
    metrics_->Sample(SampledMetric::kCrlNextUpdate, [next_crl_update] {
      return absl::ToDoubleSeconds(next_crl_update() - absl::UnixEpoch());
    });
  }
  if (tokens_ != nullptr) {
    metrics_->Sample(SampledMetric::kTokenCacheEntries,
                     [tokens = tokens_] { return static_cast<double>(tokens->size()); });
  }
  if (introspector_ != nullptr) SampleIntrospection();
  if (keys_ != nullptr) {
    metrics_->AddFamilies([keys = keys_.get()] { return KeyFamilies(keys->Status()); });
    keys_->OnReload([metrics = metrics_](bool ok) {
      metrics->RecordReload(ReloadedFile::kKeySet, ok, absl::Now());
    });
  }
  if (api_keys_ != nullptr) {
    metrics_->Sample(SampledMetric::kApiKeys,
                     [keys = api_keys_] { return static_cast<double>(keys->current()->size()); });
  }
  if (auto log = std::dynamic_pointer_cast<RefusalLog>(sink_)) {
    metrics_->Sample(SampledMetric::kRefusalLogDropped,
                     [log] { return static_cast<double>(log->dropped()); });
  }
}

void Guard::SampleIntrospection() {
  using Counts = Introspector::Counts;
  const auto sample = [this](SampledMetric metric, uint64_t Counts::*count) {
    metrics_->Sample(metric, [asker = introspector_, count] {
      return static_cast<double>(asker->counts().*count);
    });
  };
  sample(SampledMetric::kIntrospectionRequests, &Counts::asked);
  sample(SampledMetric::kIntrospectionFailures, &Counts::failed);
  sample(SampledMetric::kIntrospectionNotAsked, &Counts::refused);
  metrics_->Sample(SampledMetric::kIntrospectionCacheEntries,
                   [asker = introspector_] { return static_cast<double>(asker->cached()); });
  metrics_->Sample(SampledMetric::kIntrospectionBreakerOpen,
                   [asker = introspector_] { return asker->breaker_open() ? 1.0 : 0.0; });
}

// What the threads of `revocation_` call ends with the guard, so plain pointers do.
void Guard::SampleRevocation() {
  RevocationControl* const control = revocation_.get();
  for (size_t kind = 0; kind < kRevocationKinds; ++kind) {
    const auto metric =
        static_cast<SampledMetric>(static_cast<size_t>(SampledMetric::kRevokedTokens) + kind);
    metrics_->Sample(
        metric, [control, kind] { return static_cast<double>(control->list().counts()[kind]); });
  }
  if (!control->shared()) return;
  const auto sample = [&](SampledMetric metric, auto read) {
    metrics_->Sample(metric, [control, read] {
      return static_cast<double>(read(control->Stats(SteadyNanos())));
    });
  };
  using Stats = SharedListStats;
  sample(SampledMetric::kRevocationSyncAge, [](const Stats& stats) { return stats.age_seconds; });
  sample(SampledMetric::kRevocationSyncFailures, [](const Stats& stats) { return stats.failures; });
  sample(SampledMetric::kRevocationRollbacks, [](const Stats& stats) { return stats.rollbacks; });
  sample(SampledMetric::kRevocationOutage, [](const Stats& stats) { return stats.outage; });
}

}  // namespace warden
