#include "interceptors/observe/metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace warden {
namespace {

using Family = prometheus::MetricFamily;
using prometheus::ClientMetric;
using prometheus::MetricType;

// Upper bounds of the stage histogram: from a table look-up to a stage that waits for a disk or
// network.
constexpr std::array<int64_t, 15> kStageBoundsNs = {
    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,    50'000,
    100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
constexpr size_t kStageBuckets = kStageBoundsNs.size() + 1;  // and one for +Inf

constexpr std::array<std::string_view, 3> kLimitKeys = {"peer", "principal", "address"};
constexpr std::array<std::string_view, kReloadedFiles> kFiles = {
    "policy",       "key_set",         "certificate", "revocations",
    "trust_bundle", "revocation_list", "api_keys"};

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
     "Refusals that were not logged because the log's rate was exceeded.", MetricType::Counter},
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

Family MakeFamily(const char* name, const char* help, MetricType type) {
  return {name, help, type, {}};
}

// Appends a sample with these labels and gives it back for its value.
ClientMetric& AddSample(Family* family, std::vector<ClientMetric::Label> labels) {
  family->metric.emplace_back();
  family->metric.back().label = std::move(labels);
  return family->metric.back();
}

void CheckNames(const char* list, const std::vector<std::string>& names,
                std::vector<std::string>* problems) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.empty()) problems->push_back(absl::StrCat(list, ": an empty name"));
    if (!seen.insert(name).second) problems->push_back(absl::StrCat(list, ": ", name, " twice"));
  }
}

double AsUnixSeconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

}  // namespace

absl::StatusOr<std::shared_ptr<Metrics>> Metrics::Create(MetricsOptions options) {
  std::vector<std::string> problems;
  CheckNames("methods", options.methods, &problems);
  CheckNames("reasons", options.reasons, &problems);
  CheckNames("stages", options.stages, &problems);
  CheckNames("algorithms", options.algorithms, &problems);
  CheckNames("token_results", options.token_results, &problems);
  CheckNames("rules", options.rules, &problems);
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("metrics: ", absl::StrJoin(problems, "; ")));
  }
  return std::shared_ptr<Metrics>(new Metrics(std::move(options)));
}

Metrics::Metrics(MetricsOptions options)
    : version_(std::move(options.version)),
      methods_(std::move(options.methods), "unknown"),
      reasons_(std::move(options.reasons), "other"),
      stages_(std::move(options.stages), "other"),
      algorithms_(std::move(options.algorithms), "unknown"),
      token_results_(std::move(options.token_results), "other"),
      rules_(std::move(options.rules), "other") {
  size_t next = 0;
  const auto reserve = [&next](size_t counters) { return std::exchange(next, next + counters); };
  decisions_ = reserve(methods_.size() * reasons_.size());
  stage_buckets_ = reserve(stages_.size() * kStageBuckets);
  stage_sums_ = reserve(stages_.size());
  tokens_ = reserve(algorithms_.size() * token_results_.size());
  token_cache_ = reserve(2);
  rate_limited_ = reserve(methods_.size() * kLimitKeys.size());
  violations_ = reserve(methods_.size() * rules_.size());
  in_flight_ = reserve(1);
  reloads_ = reserve(kFiles.size() * 2);
  streams_ended_ = reserve(methods_.size() * reasons_.size());
  counters_ = std::make_unique<StripedCounters>(next);
}

uint32_t Metrics::unknown_method() const { return static_cast<uint32_t>(methods_.rest()); }

void Metrics::RecordDecision(uint32_t method, uint32_t reason) {
  counters_->Add(decisions_ + methods_.Clamp(method) * reasons_.size() + reasons_.Clamp(reason), 1);
}

void Metrics::RecordStreamEnded(uint32_t method, uint32_t reason) {
  counters_->Add(streams_ended_ + methods_.Clamp(method) * reasons_.size() + reasons_.Clamp(reason),
                 1);
}

void Metrics::RecordStage(uint32_t stage, int64_t nanoseconds) {
  const size_t which = stages_.Clamp(stage);
  nanoseconds = std::max<int64_t>(nanoseconds, 0);
  size_t bucket = 0;  // `le` includes its bound
  while (bucket < kStageBoundsNs.size() && nanoseconds > kStageBoundsNs[bucket]) ++bucket;
  counters_->Add(stage_buckets_ + which * kStageBuckets + bucket, 1);
  counters_->Add(stage_sums_ + which, static_cast<uint64_t>(nanoseconds));
}

void Metrics::RecordStage(uint32_t stage, absl::Duration duration) {
  RecordStage(stage, absl::ToInt64Nanoseconds(duration));
}

void Metrics::RecordToken(std::string_view algorithm, std::string_view result) {
  counters_->Add(tokens_ + algorithms_.IndexOf(algorithm) * token_results_.size() +
                     token_results_.IndexOf(result),
                 1);
}

void Metrics::RecordTokenCache(bool hit) { counters_->Add(token_cache_ + (hit ? 0 : 1), 1); }

void Metrics::RecordRateLimited(uint32_t method, RateLimitKey key) {
  const size_t which = std::min(static_cast<size_t>(key), kLimitKeys.size() - 1);
  counters_->Add(rate_limited_ + methods_.Clamp(method) * kLimitKeys.size() + which, 1);
}

void Metrics::RecordRuleViolation(uint32_t method, std::string_view rule) {
  counters_->Add(violations_ + methods_.Clamp(method) * rules_.size() + rules_.IndexOf(rule), 1);
}

void Metrics::CallStarted() { counters_->Add(in_flight_, 1); }

void Metrics::CallEnded() { counters_->Add(in_flight_, ~uint64_t{0}); }

void Metrics::RecordReload(ReloadedFile file, bool ok, absl::Time now) {
  const size_t which = std::min(static_cast<size_t>(file), kFiles.size() - 1);
  counters_->Add(reloads_ + which * 2 + (ok ? 0 : 1), 1);
  if (!ok) return;
  MutexLock lock(&mutex_);
  slow_.reload_success_time[which] = AsUnixSeconds(now);
}

void Metrics::SetCertificateExpiry(absl::Time not_after) {
  MutexLock lock(&mutex_);
  slow_.certificate_expiry = AsUnixSeconds(not_after);
}

void Metrics::SetPolicy(std::string_view sha256) {
  MutexLock lock(&mutex_);
  slow_.policy_sha256 = std::string(sha256);
}

void Metrics::Sample(SampledMetric metric, std::function<double()> read) {
  MutexLock lock(&mutex_);
  slow_.read[static_cast<size_t>(metric)] = std::move(read);
}

void Metrics::SampleFamilies(std::function<std::vector<Family>()> read) {
  MutexLock lock(&mutex_);
  slow_.read_families = std::move(read);
}

// Series of what may happen are there from the start, with 0, so that a first event is an increase.
// Left out until it happens: "other", which stands for a mistake of ours, and pairs that mostly
// never can.
std::vector<Family> Metrics::Collect() const {
  std::vector<Family> families;
  CollectCalls(&families);
  CollectTokens(&families);
  CollectLimitsAndRules(&families);
  CollectFiles(&families);
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
    for (size_t k = 0; k < kLimitKeys.size(); ++k) {
      const uint64_t count = counters_->Sum(rate_limited_ + m * kLimitKeys.size() + k);
      if (count == 0) continue;
      AddSample(&limited, {{"method", methods_.name(m)}, {"key", std::string(kLimitKeys[k])}})
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
  Family policy = MakeFamily("warden_policy_info",
                             "The policy in force, by the SHA-256 of its file.", MetricType::Gauge);
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
  if (!slow_.policy_sha256.empty()) {
    AddSample(&policy, {{"sha256", slow_.policy_sha256}}).gauge.value = 1;
  }
  for (Family* family : {&reloads, &success, &expiry, &policy, &build}) {
    out->push_back(std::move(*family));
  }
}

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
  if (!slow_.read_families) return;
  for (Family& family : slow_.read_families()) out->push_back(std::move(family));
}

}  // namespace warden
