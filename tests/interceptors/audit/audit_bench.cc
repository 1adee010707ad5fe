// What a record costs the thread of its call, and the thread that writes.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include "interceptors/audit/audit_log.h"
#include "interceptors/audit/hash_chain.h"
#include "interceptors/audit/record_text.h"

namespace warden {
namespace {

// As a guarded call has it.
void Fill(AuditEntry& entry, absl::Time now) {
  entry.time = now;
  entry.duration_ns = 12'345;
  entry.allowed = true;
  entry.reason = "ok";
  entry.stage = "admitted";
  entry.Set(AuditField::kMethod, "/orders.v1.OrderService/GetOrder");
  entry.Set(AuditField::kPrincipal, "customer-4711");
  entry.Set(AuditField::kIssuer, "https://auth.shop.example");
  entry.Set(AuditField::kPeer, "spiffe://shop.example/ns/prod/sa/web");
  entry.Set(AuditField::kCertificate, std::string_view("0123456789abcdef0123456789abcdef"
                                                       "0123456789abcdef0123456789abcdef"));
  entry.Set(AuditField::kAddress, "10.1.2.3");
  entry.Set(AuditField::kTokenId, "0190163d-8694-739b-aea5-966c26f8ad91");
  entry.Set(AuditField::kDecidedBy, "orders.read by role customer");
  entry.Set(AuditField::kPolicy, std::string_view("0123456789abcdef0123456789abcdef"
                                                  "0123456789abcdef0123456789abcdef"));
  entry.Set(AuditField::kRequestId, "0190163d-8694-739b-aea5-966c26f8ad91");
}

// To /dev/null, so that the queue is never full for long: what the calling thread pays.
void BM_Record(benchmark::State& state) {
  static std::FILE* const null = std::fopen("/dev/null", "we");
  static AuditLog* const log = [] {
    AuditLogOptions options;
    options.to_stdout = true;
    options.stdout_fd = fileno(null);
    options.queue_records = 1 << 17;
    auto opened = AuditLog::Open(options);
    if (!opened.ok() || !(*opened)->Start().ok()) std::abort();
    return opened->release();
  }();
  const absl::Time now = absl::Now();
  const uint64_t dropped = log->stats().dropped;
  for (auto _ : state) {
    log->Record([&](AuditEntry& entry) { Fill(entry, now); }, true);
  }
  state.counters["dropped"] = static_cast<double>(log->stats().dropped - dropped);
}
// As many as the queue holds, so that none is dropped and the writer's speed does not count.
BENCHMARK(BM_Record)->Iterations(100'000)->Threads(1);
BENCHMARK(BM_Record)->Iterations(50'000)->Threads(2);

void BM_Format(benchmark::State& state) {
  AuditEntry entry;
  Fill(entry, absl::Now());
  const HashChain chain(state.range(0) != 0 ? std::string(32, 'k') : "");
  ChainHead head;
  for (auto _ : state) benchmark::DoNotOptimize(chain.Link(RecordMembers(entry, 0), &head));
}
BENCHMARK(BM_Format)->ArgName("keyed")->Arg(0)->Arg(1);

// Whole batches to a file, synced.
void BM_WriteToFile(benchmark::State& state) {
  std::string folder = (std::filesystem::temp_directory_path() / "warden-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  {
    AuditLogOptions options;
    options.file = folder + "/audit.log";
    options.when_full = WhenFull::kBlock;
    auto log = AuditLog::Open(options);
    if (!log.ok() || !(*log)->Start().ok()) std::abort();
    const absl::Time now = absl::Now();
    for (auto _ : state) {
      (*log)->Record([&](AuditEntry& entry) { Fill(entry, now); }, true);
    }
    state.SetItemsProcessed(state.iterations());
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_WriteToFile)->Iterations(300'000)->UseRealTime();

}  // namespace
}  // namespace warden
