#include <benchmark/benchmark.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/observe/refusal_log.h"
#include "interceptors/observe/request_id.h"
#include "interceptors/observe/rpc_metrics.h"

namespace warden {
namespace {

Metrics& Shared() {
  static const std::shared_ptr<Metrics> metrics = [] {
    MetricsOptions options;
    for (int i = 0; i < 50; ++i) options.methods.push_back(absl::StrCat("/shop.v1.Orders/M", i));
    for (int i = 0; i < 30; ++i) options.reasons.push_back(absl::StrCat("reason_", i));
    options.stages = {"admission", "identity", "token", "limit", "access", "rules"};
    options.algorithms = {"ES256", "RS256", "EdDSA"};
    options.token_results = {"ok", "expired", "signature"};
    options.rules = {"required", "string.min_len", "string.uuid", "uint32.lte"};
    return *Metrics::Create(options);
  }();
  return *metrics;
}

void BM_RecordDecision(benchmark::State& state) {
  for (auto _ : state) Shared().RecordDecision(3, 0);
}
BENCHMARK(BM_RecordDecision)->Threads(1)->Threads(2);

void BM_RecordStage(benchmark::State& state) {
  for (auto _ : state) Shared().RecordStage(3, int64_t{3000});
}
BENCHMARK(BM_RecordStage)->Threads(1)->Threads(2);

void BM_RecordToken(benchmark::State& state) {
  for (auto _ : state) Shared().RecordToken("ES256", "ok");
}
BENCHMARK(BM_RecordToken)->Threads(1)->Threads(2);

void BM_RecordRuleViolation(benchmark::State& state) {
  for (auto _ : state) Shared().RecordRuleViolation(3, "string.uuid");
}
BENCHMARK(BM_RecordRuleViolation)->Threads(1)->Threads(2);

void BM_RecordRateLimited(benchmark::State& state) {
  for (auto _ : state) Shared().RecordRateLimited(3, "principal");
}
BENCHMARK(BM_RecordRateLimited)->Threads(1)->Threads(2);

void BM_CallStartedAndEnded(benchmark::State& state) {
  for (auto _ : state) {
    Shared().CallStarted();
    Shared().CallEnded();
  }
}
BENCHMARK(BM_CallStartedAndEnded)->Threads(1)->Threads(2);

// While a scraper reads without end.
void BM_RecordDecisionWhileScraped(benchmark::State& state) {
  std::atomic<bool> stop{false};
  std::thread scraper([&] {
    while (!stop) benchmark::DoNotOptimize(Shared().Collect());
  });
  for (auto _ : state) Shared().RecordDecision(3, 0);
  stop = true;
  scraper.join();
}
BENCHMARK(BM_RecordDecisionWhileScraped);
void BM_RecordHandled(benchmark::State& state) {
  static auto* const metrics = new RpcMetrics({"/a.B/C", "/a.B/D"}, {"jwt"});
  for (auto _ : state) metrics->RecordHandled(1, 0, int64_t{3'000'000});
}
BENCHMARK(BM_RecordHandled)->Threads(1)->Threads(2);

// prometheus-cpp's own, for the comparison that decided against them.
void BM_PrometheusCounter(benchmark::State& state) {
  static prometheus::Counter counter;
  for (auto _ : state) counter.Increment();
}
BENCHMARK(BM_PrometheusCounter)->Threads(1)->Threads(2);

void BM_PrometheusHistogram(benchmark::State& state) {
  static prometheus::Histogram histogram(
      prometheus::Histogram::BucketBoundaries{1e-6, 2e-6, 5e-6, 1e-5, 1e-4, 1e-3, 1e-2});
  for (auto _ : state) histogram.Observe(3e-6);
}
BENCHMARK(BM_PrometheusHistogram)->Threads(1)->Threads(2);

void BM_Scrape(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(prometheus::TextSerializer().Serialize(Shared().Collect()));
  }
}
BENCHMARK(BM_Scrape);

void BM_RequestId(benchmark::State& state) {
  const absl::Time now = absl::Now();
  for (auto _ : state) benchmark::DoNotOptimize(RequestId::Make(now));
}
BENCHMARK(BM_RequestId)->Threads(1)->Threads(2);

void BM_RefusalLog(benchmark::State& state) {
  RefusalLog log({.write = [](std::string_view line) { benchmark::DoNotOptimize(line); },
                  .lines_per_second = static_cast<uint32_t>(state.range(0)),
                  .burst = 4'000'000'000});
  DecisionRecord record;
  record.time = absl::Now();
  record.request_id = "018bcfe5-687b-7000-8000-000000000000";
  record.method = "/shop.v1.Orders/Create";
  record.peer = "spiffe://shop.example/ns/prod/sa/web";
  record.address = "ipv4:127.0.0.1:5000";
  record.principal = "alice";
  record.reason = "permission_missing";
  record.stage = "access";
  for (auto _ : state) log.Record(record);
}
BENCHMARK(BM_RefusalLog)->ArgName("written")->Arg(0)->Arg(1000);

}  // namespace
}  // namespace warden
