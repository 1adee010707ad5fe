// What an allowed call pays for block list, delays and tokens that are watched.
#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "interceptors/abuse/block_list.h"
#include "interceptors/abuse/penalties.h"
#include "interceptors/anomalies/token_watch.h"

namespace warden {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

void BM_NobodyIsBlocked(benchmark::State& state) {
  const BlockList list(1000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(list.Find(BlockKind::kPeer, "spiffe://shop.example/orders", kNow));
  }
}
BENCHMARK(BM_NobodyIsBlocked);

void BM_PeerAmongBlocked(benchmark::State& state) {
  BlockList list(1 << 20);
  for (int i = 0; i < state.range(0); ++i) {
    (void)list.Add(BlockSource::kLocal, {.key = *PeerKey(absl::StrCat("spiffe://a.example/", i))});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(list.Find(BlockKind::kPeer, "spiffe://shop.example/orders", kNow));
  }
}
BENCHMARK(BM_PeerAmongBlocked)->Arg(1)->Arg(100'000);

void BM_AddressAmongBlocked(benchmark::State& state) {
  BlockList list(1 << 20);
  for (int i = 0; i < state.range(0); ++i) {
    (void)list.Add(
        BlockSource::kLocal,
        {.key = *AddressKey(absl::StrCat("10.", i >> 16, ".", i >> 8 & 255, ".", i & 255))});
  }
  const IpAddress address = *IpAddress::Parse("192.0.2.7");
  for (auto _ : state) benchmark::DoNotOptimize(list.FindAddress(address, kNow));
}
BENCHMARK(BM_AddressAmongBlocked)->Arg(1)->Arg(100'000);

void BM_DelayWhileSomebodyWaits(benchmark::State& state) {
  Penalties penalties({.delay_after = 1, .max_delay = absl::Seconds(5)});
  for (int i = 0; i < 100; ++i) penalties.Fail(BlockKind::kPeer, "offender", 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        penalties.DelayOf(BlockKind::kPeer, "spiffe://shop.example/orders", 2));
  }
}
BENCHMARK(BM_DelayWhileSomebodyWaits);

void BM_DelayWhileNobodyWaits(benchmark::State& state) {
  const Penalties penalties({.delay_after = 1});
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        penalties.DelayOf(BlockKind::kPeer, "spiffe://shop.example/orders", 2));
  }
}
BENCHMARK(BM_DelayWhileNobodyWaits);

void BM_TokenWatched(benchmark::State& state) {
  TokenWatch watch(1000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(watch.UsedByOther("https://auth.shop.example", "4f0c2f6e-7f52-4d0e",
                                               "spiffe://shop.example/orders", 5));
  }
}
BENCHMARK(BM_TokenWatched);

}  // namespace
}  // namespace warden
