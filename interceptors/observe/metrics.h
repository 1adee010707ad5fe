// All of Warden's metrics, as one set. docs/metrics.md describes each for its readers.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_METRICS_H_
#define WARDEN_INTERCEPTORS_OBSERVE_METRICS_H_

#include <prometheus/collectable.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/observe/label_set.h"
#include "interceptors/observe/striped_counters.h"

namespace warden {

// Everything that can become a label value, known at start-up. Positions in these lists are the
// numbers that the Record... functions take.
struct MetricsOptions {
  std::vector<std::string> methods;  // full names: "/shop.v1.Orders/CreateOrder"
  std::vector<std::string> reasons;  // of decisions, snake_case; "ok" among them for allowed calls
  std::vector<std::string> stages;   // of the chain: "identity", "token", ...
  std::vector<std::string> algorithms;     // of tokens: "ES256", ...; others become "unknown"
  std::vector<std::string> token_results;  // "ok" and the refusals; others become "other"
  std::vector<std::string> rules;          // rule ids: "string.min_len"; others become "other"
  std::vector<std::string> limit_keys;     // "peer", "tenant+method"; others become "other"
  std::string version;                     // of warden_build_info
};

// Numbers that live elsewhere and are read at scrape time.
enum class SampledMetric {
  kRateLimitTrackedKeys,
  kRateLimitEvictions,
  kRateLimitSharedDecisions,
  kTokenCacheEntries,
  kPeerCacheEntries,
  kRefusalLogDropped,
  kIntrospectionRequests,
  kIntrospectionFailures,
  kIntrospectionNotAsked,
  kIntrospectionCacheEntries,
  kIntrospectionBreakerOpen,
  kWatchedStreams,
  kRevokedTokens,  // these five by RevocationKind
  kRevokedSubjects,
  kRevokedCertificates,
  kRevokedKeys,
  kRevokedApiKeys,
  kRevocationSyncAge,
  kRevocationSyncFailures,
  kRevocationRollbacks,
  kRevocationOutage,
  kCrlNextUpdate,
  kApiKeys,
};
inline constexpr size_t kSampledMetrics = 23;

enum class ReloadedFile {
  kPolicy,
  kKeySet,
  kCertificate,
  kRevocations,
  kTrustBundle,
  kRevocationList,
  kApiKeys,
  kShadowPolicy,
  kSigningKeys,
  kBlocks,
  kLimits
};
inline constexpr size_t kReloadedFiles = 11;

// No label takes a value that a caller chose: the number of time series is fixed by the options.
//
// Recording is wait-free and allocates nothing: counters are striped over threads and summed at
// scrape time, below 50 ns each and without contention. (prometheus-cpp's histogram takes a mutex
// and its counters share a cache line between threads, which is why they are not used.) All members
// are thread-safe. A scrape sees each counter at some moment during it, not all at one instant.
class Metrics : public prometheus::Collectable {
 public:
  // InvalidArgument lists every empty or doubled name.
  static absl::StatusOr<std::shared_ptr<Metrics>> Create(MetricsOptions options);

  // The number for calls whose method is in no list: recorded as method="unknown". Numbers out of
  // range count as unknown too.
  uint32_t unknown_method() const;

  // One decision for each call: warden_decisions_total. `reason` out of range counts as "other".
  void RecordDecision(uint32_t method, uint32_t reason);
  // warden_stage_duration_seconds; negative durations count as zero.
  void RecordStage(uint32_t stage, int64_t nanoseconds);
  void RecordStage(uint32_t stage, absl::Duration duration);
  // One token judged, from the cache or not: warden_tokens_verified_total.
  void RecordToken(std::string_view algorithm, std::string_view result);
  void RecordTokenCache(bool hit);
  void RecordRateLimited(uint32_t method, std::string_view key);
  void RecordRuleViolation(uint32_t method, std::string_view rule);
  // A call that only a break-glass role allowed: warden_break_glass_total.
  void RecordBreakGlass(uint32_t method);
  // One that the shadow policy would have decided otherwise: warden_shadow_differences_total.
  void RecordShadowDifference(uint32_t method, bool would_allow);
  // One that a limit or rule which is only watched would have refused:
  // warden_observed_refusals_total.
  void RecordObserved(uint32_t method, uint32_t reason);
  // A stream that was let through and ended before its time: warden_streams_ended_total.
  void RecordStreamEnded(uint32_t method, uint32_t reason);
  void CallStarted();
  void CallEnded();
  // A look at a changed file: warden_reloads_total, and if `ok`
  // warden_last_reload_success_timestamp_seconds.
  void RecordReload(ReloadedFile file, bool ok, absl::Time now);
  // Whether the last of them was good, or there was none. Takes no lock.
  bool last_reload_ok(ReloadedFile file) const;
  static std::string_view FileLabel(ReloadedFile file);  // "policy"
  void SetCertificateExpiry(absl::Time not_after);       // of the server's own certificate
  void SetPolicy(std::string_view sha256);               // of the policy in force
  void SetShadowPolicy(std::string_view sha256);         // of the one that is tried beside it

  // Reads `metric` from `read` at each scrape, from the scraping thread; nullptr ends it, and waits
  // for a scrape that is under way. `read` must not call back into this object.
  void Sample(SampledMetric metric, std::function<double()> read);

  // The same for whole families, of labels that are known at start-up: a part that has metrics of
  // its own adds them here. They are read last, in the order in which they were added. Read until
  // DropFamilies, which ends all of them and waits for a scrape that is under way.
  void AddFamilies(std::function<std::vector<prometheus::MetricFamily>()> read);
  void DropFamilies();

  // Every family, for an exposer.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Slow {  // rarely written
    std::array<std::function<double()>, kSampledMetrics> read;
    std::vector<std::function<std::vector<prometheus::MetricFamily>()>> read_families;
    std::array<double, kReloadedFiles> reload_success_time{};  // by ReloadedFile; 0: never
    double certificate_expiry = 0;
    std::string policy_sha256;
    std::string shadow_sha256;  // "" without one
  };

  explicit Metrics(MetricsOptions options);
  void CollectCalls(std::vector<prometheus::MetricFamily>* out) const;
  void CollectTokens(std::vector<prometheus::MetricFamily>* out) const;
  void CollectPolicy(std::vector<prometheus::MetricFamily>* out) const;
  void CollectLimitsAndRules(std::vector<prometheus::MetricFamily>* out) const;
  void CollectFiles(std::vector<prometheus::MetricFamily>* out) const;
  void CollectSamples(std::vector<prometheus::MetricFamily>* out) const;

  const std::string version_;
  const LabelSet methods_, reasons_, stages_, algorithms_, token_results_, rules_, limit_keys_;
  // Where each family begins among the counters.
  size_t decisions_ = 0, stage_buckets_ = 0, stage_sums_ = 0, tokens_ = 0, token_cache_ = 0;
  size_t rate_limited_ = 0, violations_ = 0, in_flight_ = 0, reloads_ = 0, streams_ended_ = 0;
  size_t break_glass_ = 0, shadow_ = 0, observed_ = 0;
  std::unique_ptr<StripedCounters> counters_;
  std::array<std::atomic<bool>, kReloadedFiles> reload_failed_{};  // by ReloadedFile
  mutable Mutex mutex_;
  Slow slow_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_METRICS_H_
