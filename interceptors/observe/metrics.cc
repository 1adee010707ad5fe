#include "interceptors/observe/metrics.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/observe/metric_families.h"

namespace warden {
namespace {

using namespace metric_families;  // NOLINT(google-build-using-namespace): internal to this folder

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
  CheckNames("limit_keys", options.limit_keys, &problems);
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
      rules_(std::move(options.rules), "other"),
      limit_keys_(std::move(options.limit_keys), "other") {
  size_t next = 0;
  const auto reserve = [&next](size_t counters) { return std::exchange(next, next + counters); };
  decisions_ = reserve(methods_.size() * reasons_.size());
  stage_buckets_ = reserve(stages_.size() * kStageBuckets);
  stage_sums_ = reserve(stages_.size());
  tokens_ = reserve(algorithms_.size() * token_results_.size());
  token_cache_ = reserve(2);
  rate_limited_ = reserve(methods_.size() * limit_keys_.size());
  violations_ = reserve(methods_.size() * rules_.size());
  in_flight_ = reserve(1);
  reloads_ = reserve(kFiles.size() * 2);
  streams_ended_ = reserve(methods_.size() * reasons_.size());
  break_glass_ = reserve(methods_.size());
  shadow_ = reserve(methods_.size() * kShadowKinds.size());
  observed_ = reserve(methods_.size() * reasons_.size());
  counters_ = std::make_unique<StripedCounters>(next);
}

uint32_t Metrics::unknown_method() const { return static_cast<uint32_t>(methods_.rest()); }

void Metrics::RecordDecision(uint32_t method, uint32_t reason) {
  counters_->Add(decisions_ + methods_.Clamp(method) * reasons_.size() + reasons_.Clamp(reason), 1);
}

void Metrics::RecordBreakGlass(uint32_t method) {
  counters_->Add(break_glass_ + methods_.Clamp(method), 1);
}

void Metrics::RecordShadowDifference(uint32_t method, bool would_allow) {
  counters_->Add(shadow_ + methods_.Clamp(method) * kShadowKinds.size() + (would_allow ? 1 : 0), 1);
}

void Metrics::RecordObserved(uint32_t method, uint32_t reason) {
  counters_->Add(observed_ + methods_.Clamp(method) * reasons_.size() + reasons_.Clamp(reason), 1);
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

void Metrics::RecordRateLimited(uint32_t method, std::string_view key) {
  const size_t which = limit_keys_.IndexOf(key);
  counters_->Add(rate_limited_ + methods_.Clamp(method) * limit_keys_.size() + which, 1);
}

void Metrics::RecordRuleViolation(uint32_t method, std::string_view rule) {
  counters_->Add(violations_ + methods_.Clamp(method) * rules_.size() + rules_.IndexOf(rule), 1);
}

void Metrics::CallStarted() { counters_->Add(in_flight_, 1); }

void Metrics::CallEnded() { counters_->Add(in_flight_, ~uint64_t{0}); }

void Metrics::RecordReload(ReloadedFile file, bool ok, absl::Time now) {
  const size_t which = std::min(static_cast<size_t>(file), kFiles.size() - 1);
  counters_->Add(reloads_ + which * 2 + (ok ? 0 : 1), 1);
  reload_failed_[which].store(!ok, std::memory_order_relaxed);
  if (!ok) return;
  MutexLock lock(&mutex_);
  slow_.reload_success_time[which] = AsUnixSeconds(now);
}

bool Metrics::last_reload_ok(ReloadedFile file) const {
  return !reload_failed_[static_cast<size_t>(file)].load(std::memory_order_relaxed);
}

std::string_view Metrics::FileLabel(ReloadedFile file) { return kFiles[static_cast<size_t>(file)]; }

void Metrics::SetCertificateExpiry(absl::Time not_after) {
  MutexLock lock(&mutex_);
  slow_.certificate_expiry = AsUnixSeconds(not_after);
}

void Metrics::SetPolicy(std::string_view sha256) {
  MutexLock lock(&mutex_);
  slow_.policy_sha256 = std::string(sha256);
}

void Metrics::SetShadowPolicy(std::string_view sha256) {
  MutexLock lock(&mutex_);
  slow_.shadow_sha256 = std::string(sha256);
}

void Metrics::Sample(SampledMetric metric, std::function<double()> read) {
  MutexLock lock(&mutex_);
  slow_.read[static_cast<size_t>(metric)] = std::move(read);
}

void Metrics::AddFamilies(std::function<std::vector<Family>()> read) {
  MutexLock lock(&mutex_);
  slow_.read_families.push_back(std::move(read));
}

void Metrics::DropFamilies() {
  MutexLock lock(&mutex_);
  slow_.read_families.clear();
}

}  // namespace warden
