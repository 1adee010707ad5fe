#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/gcra.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/limits/siphash.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

const LimitSpec kSpec = {.requests = 100'000'000, .per = absl::Seconds(1), .burst = 1000};

std::string Key(size_t i) { return absl::StrCat("spiffe://shop.example/ns/production/sa/", i); }

void BM_SipHash(benchmark::State& state) {
  const SipKey key = SipKey::Random();
  const std::string data = Key(1);
  for (auto _ : state) benchmark::DoNotOptimize(SipHash128(key, 1, data));
}
BENCHMARK(BM_SipHash);

void BM_Clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(SteadyNanos());
}
BENCHMARK(BM_Clock);

void BM_Gcra(benchmark::State& state) {
  ArrivalTime tat;
  int64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(GcraTake(kSpec, now += 20, &tat));
}
BENCHMARK(BM_Gcra);

// One key for each thread.
void BM_OwnKey(benchmark::State& state) {
  static RateLimiter limiter(1 << 20);
  const std::string key = Key(static_cast<size_t>(state.thread_index()));
  int64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(limiter.Take(1, kSpec, key, now += 50));
}
BENCHMARK(BM_OwnKey)->Threads(1)->Threads(2);

// All threads on one key: the worst case.
void BM_SharedKey(benchmark::State& state) {
  static RateLimiter limiter(1 << 20);
  const std::string key = Key(1);
  int64_t now = 0;
  for (auto _ : state) benchmark::DoNotOptimize(limiter.Take(1, kSpec, key, now += 50));
}
BENCHMARK(BM_SharedKey)->Threads(1)->Threads(2);

// A million keys in random order: the table does not fit in the processor's caches.
void BM_MillionKeys(benchmark::State& state) {
  static RateLimiter limiter(1 << 20);
  uint64_t i = static_cast<uint64_t>(state.thread_index()) << 32;
  int64_t now = 0;
  char key[8];
  for (auto _ : state) {
    const uint64_t which = (i++ * 0x9e3779b97f4a7c15) >> 44;
    for (size_t b = 0; b < sizeof key; ++b) key[b] = static_cast<char>(which >> (8 * b));
    benchmark::DoNotOptimize(limiter.Take(1, kSpec, {key, sizeof key}, now += 50));
  }
  state.counters["tracked"] = benchmark::Counter(static_cast<double>(limiter.tracked_keys()),
                                                 benchmark::Counter::kAvgThreads);
}
BENCHMARK(BM_MillionKeys)->Threads(1)->Threads(2);

// A flood of new keys against a full table.
void BM_Flood(benchmark::State& state) {
  static RateLimiter limiter(1024);
  const LimitSpec spec = {.requests = 1, .per = absl::Hours(1), .burst = 1};
  uint64_t i = static_cast<uint64_t>(state.thread_index()) << 32;
  for (auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(
        limiter.Take(1, spec, {reinterpret_cast<const char*>(&i), sizeof i}, 0));
  }
}
BENCHMARK(BM_Flood)->Threads(1)->Threads(2);

}  // namespace
}  // namespace warden
