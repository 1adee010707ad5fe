#include "interceptors/abuse/abuse_metrics.h"

#include <string>
#include <utility>

#include "interceptors/observe/metric_families.h"

namespace warden {
namespace {

using namespace metric_families;  // NOLINT(google-build-using-namespace): its only use here

Family Single(const char* name, const char* help, MetricType type, double value) {
  Family family = MakeFamily(name, help, type);
  ClientMetric& sample = AddSample(&family, {});
  (type == MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
  return family;
}

Family ByKind(const char* name, const char* help, const std::array<uint64_t, kBlockKinds>& counts) {
  Family family = MakeFamily(name, help, MetricType::Counter);
  for (const BlockKind kind : kAllBlockKinds) {
    AddSample(&family, {{"kind", std::string(ToString(kind))}}).counter.value =
        static_cast<double>(counts[static_cast<size_t>(kind)]);
  }
  return family;
}

Family Blocks(const BlockList& list) {
  Family family = MakeFamily("warden_blocks", "Entries of the block list, expired ones included.",
                             MetricType::Gauge);
  for (const BlockSource source : {BlockSource::kFile, BlockSource::kLocal, BlockSource::kShared}) {
    for (const BlockKind kind : kAllBlockKinds) {
      AddSample(&family,
                {{"kind", std::string(ToString(kind))}, {"source", std::string(ToString(source))}})
          .gauge.value = static_cast<double>(list.count(source, kind));
    }
  }
  return family;
}

Family Failures(const AbuseCounts& counts) {
  Family family =
      MakeFamily("warden_failures_counted_total",
                 "Calls that were counted as failures of their callers.", MetricType::Counter);
  for (size_t i = 1; i < kFailureKinds; ++i) {  // none of kNone
    AddSample(&family, {{"kind", std::string(ToString(static_cast<FailureKind>(i)))}})
        .counter.value = static_cast<double>(counts.failures[i]);
  }
  return family;
}

Family Delays(const AbuseCounts& counts) {
  Family family =
      MakeFamily("warden_delays_total",
                 "Calls that had to wait because of their callers' failures.", MetricType::Counter);
  AddSample(&family, {{"outcome", "waited"}}).counter.value = static_cast<double>(counts.delays);
  AddSample(&family, {{"outcome", "refused"}}).counter.value =
      static_cast<double>(counts.delays_refused);
  return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> AbuseFamilies(const AbuseControl& abuse) {
  const AbuseCounts counts = abuse.counts();
  std::vector<Family> families;
  families.push_back(ByKind("warden_blocked_total",
                            "Calls refused because their caller is blocked.", counts.blocked));
  families.push_back(ByKind("warden_penalty_blocks_total",
                            "Callers that were blocked for their failures.", counts.penalties));
  families.push_back(Blocks(abuse.list()));
  families.push_back(Failures(counts));
  families.push_back(Delays(counts));
  families.push_back(Single("warden_delayed_calls", "Calls that wait now.", MetricType::Gauge,
                            static_cast<double>(abuse.delayed())));
  families.push_back(Single("warden_failing_callers", "Callers whose failures are remembered.",
                            MetricType::Gauge,
                            static_cast<double>(abuse.penalties().table().tracked())));
  families.push_back(Single(
      "warden_failures_untracked_total", "Failures of callers that there was no room to remember.",
      MetricType::Counter, static_cast<double>(abuse.penalties().table().untracked())));
  families.push_back(Single("warden_blocks_unshared_total",
                            "Blocks that could not be kept, or not be shared.", MetricType::Counter,
                            static_cast<double>(counts.unshared)));
  if (!abuse.shared()) return families;
  families.push_back(Single("warden_blocks_sync_age_seconds",
                            "Since the shared block list was last known to be up to date.",
                            MetricType::Gauge, counts.sync_age_seconds));
  families.push_back(Single("warden_blocks_sync_failures_total",
                            "Rounds with the shared block list that failed.", MetricType::Counter,
                            static_cast<double>(counts.sync_failures)));
  return families;
}

}  // namespace warden
