#include <benchmark/benchmark.h>

#include "absl/time/clock.h"
#include "authz/identity/peer_cache.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

std::string MakePem() {
  testing::CertificateSpec spec;
  spec.uri_sans = {"spiffe://shop.example/ns/prod/sa/orders"};
  spec.common_name = "orders";
  return testing::CertificateAuthority().Issue(spec).certificate_pem;
}

void BM_Parse(benchmark::State& state) {
  const std::string pem = MakePem();
  const auto verifier = *IdentityVerifier::Create({});
  const absl::Time now = absl::Now();
  for (auto _ : state) benchmark::DoNotOptimize(verifier.Verify(pem, now));
}
BENCHMARK(BM_Parse);

void BM_WarmHit(benchmark::State& state) {
  static const std::string pem = MakePem();
  static PeerCache cache(*IdentityVerifier::Create({}), 1024);
  const absl::Time now = absl::Now();
  for (auto _ : state) benchmark::DoNotOptimize(cache.Verify(pem, now));
}
BENCHMARK(BM_WarmHit)->Threads(1)->Threads(2);

}  // namespace
}  // namespace warden
