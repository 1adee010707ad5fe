// What Metrics shows at a scrape.
#include <algorithm>
#include <limits>
#include <utility>

#include "interceptors/observe/metric_families.h"
#include "interceptors/observe/metrics.h"

namespace warden {

using namespace metric_families;  // NOLINT(google-build-using-namespace): internal to this folder

// Series of what may happen are there from the start, with 0, so that a first event is an increase.
// Left out until it happens: "other", which stands for a mistake of ours, and pairs that mostly
// never can.
std::vector<Family> Metrics::Collect() const {
  std::vector<Family> families;
  CollectCalls(&families);
  CollectTokens(&families);
  CollectLimitsAndRules(&families);
  CollectFiles(&families);
  CollectPolicy(&families);
  CollectSamples(&families);
  std::erase_if(families, [](const Family& family) { return family.metric.empty(); });
  return families;
}

void Metrics::CollectCalls(std::vector<Family>* out) const {
  Family decisions = MakeFamily(
      "warden_decisions_total",
      "Calls decided, by method and reason; allowed calls have reason ok.", MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    for (size_t r = 0; r < reasons_.size(); ++r) {
      const uint64_t count = counters_->Sum(decisions_ + m * reasons_.size() + r);
      if (count == 0 && r == reasons_.rest()) continue;
      AddSample(&decisions, {{"method", methods_.name(m)}, {"reason", reasons_.name(r)}})
          .counter.value = static_cast<double>(count);
    }
  }
  out->push_back(std::move(decisions));

  Family stages =
      MakeFamily("warden_stage_duration_seconds", "Time that a stage of the chain took to decide.",
                 MetricType::Histogram);
  for (size_t s = 0; s < stages_.size(); ++s) {
    ClientMetric::Histogram histogram;
    for (size_t b = 0; b < kStageBuckets; ++b) {
      histogram.sample_count += counters_->Sum(stage_buckets_ + s * kStageBuckets + b);
      const double bound = b < kStageBoundsNs.size() ? static_cast<double>(kStageBoundsNs[b]) / 1e9
                                                     : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back({histogram.sample_count, bound});
    }
    histogram.sample_sum = static_cast<double>(counters_->Sum(stage_sums_ + s)) / 1e9;
    if (histogram.sample_count == 0 && s == stages_.rest()) continue;
    AddSample(&stages, {{"stage", stages_.name(s)}}).histogram = std::move(histogram);
  }
  out->push_back(std::move(stages));

  // Few pairs can occur, so only those that have are shown.
  Family ended =
      MakeFamily("warden_streams_ended_total",
                 "Streams ended because a credential expired or was revoked.", MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    for (size_t r = 0; r < reasons_.size(); ++r) {
      const uint64_t count = counters_->Sum(streams_ended_ + m * reasons_.size() + r);
      if (count == 0) continue;
      AddSample(&ended, {{"method", methods_.name(m)}, {"reason", reasons_.name(r)}})
          .counter.value = static_cast<double>(count);
    }
  }
  out->push_back(std::move(ended));

  Family in_flight = MakeFamily(
      "warden_calls_in_flight",
      "Calls that have been admitted or are being decided, and have not ended.", MetricType::Gauge);
  AddSample(&in_flight, {}).gauge.value =
      static_cast<double>(static_cast<int64_t>(counters_->Sum(in_flight_)));
  out->push_back(std::move(in_flight));
}

void Metrics::CollectTokens(std::vector<Family>* out) const {
  Family tokens = MakeFamily("warden_tokens_verified_total",
                             "Tokens judged, by algorithm and result.", MetricType::Counter);
  for (size_t a = 0; a < algorithms_.size(); ++a) {
    for (size_t r = 0; r < token_results_.size(); ++r) {
      const uint64_t count = counters_->Sum(tokens_ + a * token_results_.size() + r);
      if (count == 0 && r == token_results_.rest()) continue;
      AddSample(&tokens, {{"algorithm", algorithms_.name(a)}, {"result", token_results_.name(r)}})
          .counter.value = static_cast<double>(count);
    }
  }
  out->push_back(std::move(tokens));

  Family cache = MakeFamily("warden_token_cache_requests_total",
                            "Tokens looked up among the verified ones.", MetricType::Counter);
  for (size_t i : {size_t{0}, size_t{1}}) {
    AddSample(&cache, {{"result", i == 0 ? "hit" : "miss"}}).counter.value =
        static_cast<double>(counters_->Sum(token_cache_ + i));
  }
  out->push_back(std::move(cache));
}

// Most of these pairs never occur (a method has one kind of key, and few rules), so only those that
// have are shown.
void Metrics::CollectLimitsAndRules(std::vector<Family>* out) const {
  Family limited =
      MakeFamily("warden_rate_limited_total",
                 "Calls refused by a rate limit, by method and kind of key.", MetricType::Counter);
  Family violations =
      MakeFamily("warden_rule_violations_total",
                 "Field rules that requests broke, by method and rule.", MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    for (size_t k = 0; k < limit_keys_.size(); ++k) {
      const uint64_t count = counters_->Sum(rate_limited_ + m * limit_keys_.size() + k);
      if (count == 0) continue;
      AddSample(&limited, {{"method", methods_.name(m)}, {"key", limit_keys_.name(k)}})
          .counter.value = static_cast<double>(count);
    }
    for (size_t r = 0; r < rules_.size(); ++r) {
      const uint64_t count = counters_->Sum(violations_ + m * rules_.size() + r);
      if (count == 0) continue;
      AddSample(&violations, {{"method", methods_.name(m)}, {"rule", rules_.name(r)}})
          .counter.value = static_cast<double>(count);
    }
  }
  out->push_back(std::move(limited));
  out->push_back(std::move(violations));
}

void Metrics::CollectFiles(std::vector<Family>* out) const {
  Family reloads =
      MakeFamily("warden_reloads_total", "Looks at a changed file, by kind of file and result.",
                 MetricType::Counter);
  Family success =
      MakeFamily("warden_last_reload_success_timestamp_seconds",
                 "When a file was last loaded successfully, in Unix time.", MetricType::Gauge);
  Family expiry =
      MakeFamily("warden_certificate_expiry_timestamp_seconds",
                 "When the server's own certificate expires, in Unix time.", MetricType::Gauge);
  Family build = MakeFamily("warden_build_info", "The version of Warden.", MetricType::Gauge);
  AddSample(&build, {{"version", version_}}).gauge.value = 1;
  MutexLock lock(&mutex_);
  for (size_t f = 0; f < kFiles.size(); ++f) {
    const std::string file(kFiles[f]);
    for (size_t r : {size_t{0}, size_t{1}}) {
      AddSample(&reloads, {{"file", file}, {"result", r == 0 ? "ok" : "error"}}).counter.value =
          static_cast<double>(counters_->Sum(reloads_ + f * 2 + r));
    }
    if (slow_.reload_success_time[f] == 0) continue;
    AddSample(&success, {{"file", file}}).gauge.value = slow_.reload_success_time[f];
  }
  if (slow_.certificate_expiry != 0) {
    AddSample(&expiry, {}).gauge.value = slow_.certificate_expiry;
  }
  for (Family* family : {&reloads, &success, &expiry, &build}) {
    out->push_back(std::move(*family));
  }
}

// Differences with a shadow policy are shown, from 0 on, where there is one.
void Metrics::CollectPolicy(std::vector<Family>* out) const {
  std::string policy_sha256;
  std::string shadow_sha256;
  {
    MutexLock lock(&mutex_);
    policy_sha256 = slow_.policy_sha256;
    shadow_sha256 = slow_.shadow_sha256;
  }
  const auto add_info = [&](const char* name, const char* help, const std::string& sha256) {
    Family info = MakeFamily(name, help, MetricType::Gauge);
    if (!sha256.empty()) AddSample(&info, {{"sha256", sha256}}).gauge.value = 1;
    out->push_back(std::move(info));
  };
  add_info("warden_policy_info", "The policy in force, by the SHA-256 of its file.", policy_sha256);
  add_info("warden_shadow_policy_info",
           "The policy that is tried beside the one in force, by the SHA-256 of its file.",
           shadow_sha256);
  Family glass = MakeFamily("warden_break_glass_total",
                            "Calls that only a break-glass role allowed.", MetricType::Counter);
  Family shadow =
      MakeFamily("warden_shadow_differences_total",
                 "Calls that the shadow policy would have decided otherwise.", MetricType::Counter);
  Family observed = MakeFamily(
      "warden_observed_refusals_total",
      "Calls that were let through because a limit or rule is only watched.", MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    const uint64_t broken = counters_->Sum(break_glass_ + m);
    if (broken != 0 || m != methods_.rest()) {
      AddSample(&glass, {{"method", methods_.name(m)}}).counter.value = static_cast<double>(broken);
    }
    for (size_t k = 0; k < kShadowKinds.size() && !shadow_sha256.empty(); ++k) {
      AddSample(&shadow, {{"method", methods_.name(m)}, {"kind", std::string(kShadowKinds[k])}})
          .counter.value =
          static_cast<double>(counters_->Sum(shadow_ + m * kShadowKinds.size() + k));
    }
    for (size_t r = 0; r < reasons_.size(); ++r) {
      const uint64_t count = counters_->Sum(observed_ + m * reasons_.size() + r);
      if (count == 0) continue;
      AddSample(&observed, {{"method", methods_.name(m)}, {"reason", reasons_.name(r)}})
          .counter.value = static_cast<double>(count);
    }
  }
  for (Family* family : {&glass, &shadow, &observed}) out->push_back(std::move(*family));
}

}  // namespace warden
