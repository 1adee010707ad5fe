#include "interceptors/observe/rpc_metrics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "interceptors/observe/metric_families.h"

namespace warden {

using namespace metric_families;  // NOLINT(google-build-using-namespace): internal to this folder

namespace {

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
constexpr std::array<std::string_view, 17> kCodes = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr size_t kUnknownCode = 2;
static_assert(kCodes[kUnknownCode] == "UNKNOWN");

// From a call within a machine to one that waits for its deadline.
constexpr std::array<int64_t, 17> kBoundsNs = {
    100'000,       250'000,       500'000,       1'000'000,      2'500'000,     5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,   500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};
constexpr size_t kBuckets = kBoundsNs.size() + 1;  // and one for +Inf

constexpr std::array<std::string_view, kAnswerResults> kResults = {"hidden", "invalid", "too_large",
                                                                   "leak"};
constexpr std::array<std::string_view, 2> kActions = {"detected", "blocked"};

}  // namespace

RpcMetrics::RpcMetrics(std::vector<std::string> methods, std::vector<std::string> leaks)
    : methods_(std::move(methods), "unknown"),
      leaks_(std::move(leaks), "other"),
      buckets_(methods_.size() * kCodes.size()),
      sums_(buckets_ + methods_.size() * kBuckets),
      answers_(sums_ + methods_.size()),
      found_(answers_ + methods_.size() * kResults.size() * kActions.size()),
      counters_(found_ + leaks_.size()),
      expected_(found_ - answers_) {}

void RpcMetrics::RecordHandled(uint32_t method, int code, int64_t nanoseconds) {
  const size_t which = methods_.Clamp(method);
  const bool known = code >= 0 && static_cast<size_t>(code) < kCodes.size();
  nanoseconds = std::max<int64_t>(nanoseconds, 0);
  size_t bucket = 0;  // `le` includes its bound
  while (bucket < kBoundsNs.size() && nanoseconds > kBoundsNs[bucket]) ++bucket;
  counters_.Add(
      handled_ + which * kCodes.size() + (known ? static_cast<size_t>(code) : kUnknownCode), 1);
  counters_.Add(buckets_ + which * kBuckets + bucket, 1);
  counters_.Add(sums_ + which, static_cast<uint64_t>(nanoseconds));
}

size_t RpcMetrics::AnswerCell(uint32_t method, AnswerResult result, bool blocked) const {
  const size_t row = methods_.Clamp(method) * kResults.size() + static_cast<size_t>(result);
  return row * kActions.size() + (blocked ? 1 : 0);
}

void RpcMetrics::ExpectAnswer(uint32_t method, AnswerResult result, bool blocked) {
  expected_[AnswerCell(method, result, blocked)] = true;
}

void RpcMetrics::RecordAnswer(uint32_t method, AnswerResult result, bool blocked) {
  counters_.Add(answers_ + AnswerCell(method, result, blocked), 1);
}

void RpcMetrics::RecordLeak(size_t leak) {
  counters_.Add(found_ + std::min(leak, leaks_.rest()), 1);
}

// Most pairs never occur, so only those that have are shown, and OK, from which ratios are taken.
Family RpcMetrics::CollectHandled() const {
  Family family = MakeFamily("warden_rpc_handled_total",
                             "Calls that ended, by method and the status code of their answer.",
                             MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    for (size_t c = 0; c < kCodes.size(); ++c) {
      const uint64_t count = counters_.Sum(handled_ + m * kCodes.size() + c);
      if (count == 0 && (c != 0 || m == methods_.rest())) continue;
      AddSample(&family, {{"method", methods_.name(m)}, {"code", std::string(kCodes[c])}})
          .counter.value = static_cast<double>(count);
    }
  }
  return family;
}

Family RpcMetrics::CollectDurations() const {
  Family family = MakeFamily("warden_rpc_duration_seconds",
                             "Time from a call's arrival to its end; of streams the whole of it.",
                             MetricType::Histogram);
  for (size_t m = 0; m < methods_.size(); ++m) {
    ClientMetric::Histogram histogram;
    for (size_t b = 0; b < kBuckets; ++b) {
      histogram.sample_count += counters_.Sum(buckets_ + m * kBuckets + b);
      const double bound = b < kBoundsNs.size() ? static_cast<double>(kBoundsNs[b]) / 1e9
                                                : std::numeric_limits<double>::infinity();
      histogram.bucket.push_back({histogram.sample_count, bound});
    }
    histogram.sample_sum = static_cast<double>(counters_.Sum(sums_ + m)) / 1e9;
    if (histogram.sample_count == 0 && m == methods_.rest()) continue;
    AddSample(&family, {{"method", methods_.name(m)}}).histogram = std::move(histogram);
  }
  return family;
}

Family RpcMetrics::CollectAnswers() const {
  Family family = MakeFamily(
      "warden_responses_total",
      "Answers that something was wrong with, by what was, and whether they were kept back.",
      MetricType::Counter);
  for (size_t m = 0; m < methods_.size(); ++m) {
    for (size_t r = 0; r < kResults.size(); ++r) {
      for (size_t a = 0; a < kActions.size(); ++a) {
        const size_t cell = (m * kResults.size() + r) * kActions.size() + a;
        const uint64_t count = counters_.Sum(answers_ + cell);
        if (count == 0 && !expected_[cell]) continue;
        AddSample(&family, {{"method", methods_.name(m)},
                            {"result", std::string(kResults[r])},
                            {"action", std::string(kActions[a])}})
            .counter.value = static_cast<double>(count);
      }
    }
  }
  return family;
}

Family RpcMetrics::CollectLeaks() const {
  Family family =
      MakeFamily("warden_response_leaks_total",
                 "What leak detectors found in answers, by detector.", MetricType::Counter);
  for (size_t l = 0; l < leaks_.size(); ++l) {
    const uint64_t count = counters_.Sum(found_ + l);
    if (count == 0) continue;
    AddSample(&family, {{"detector", leaks_.name(l)}}).counter.value = static_cast<double>(count);
  }
  return family;
}

std::vector<Family> RpcMetrics::Collect() const {
  std::vector<Family> families;
  for (Family family : {CollectHandled(), CollectDurations(), CollectAnswers(), CollectLeaks()}) {
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return families;
}

}  // namespace warden
