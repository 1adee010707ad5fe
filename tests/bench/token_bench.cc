// What a token costs: verified for the first time, remembered, and refused.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/token/token_cache.h"
#include "benchmark/benchmark.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using testing::GoodClaims;
using testing::Mint;
using testing::Now;
using testing::OptionsFor;
using testing::TestKey;
using testing::VerifierFor;

nlohmann::json ClaimsOf(int number) {
  nlohmann::json claims = GoodClaims();
  claims["sub"] = absl::StrCat("user-", number);
  claims["roles"] = {"reader", "writer"};
  claims["jti"] = "0123456789abcdef0123456789abcdef";
  claims["scope"] = std::string(200, 's');  // of the size that identity providers issue
  return claims;
}

void BM_ColdVerify(benchmark::State& state, Algorithm algorithm) {
  const SigningKey& key = TestKey(algorithm);
  const auto verifier = VerifierFor(OptionsFor(key));
  const std::string token = Mint(key, ClaimsOf(1));
  for (auto _ : state) {
    const TokenResult result = verifier->Verify(token, Now());
    if (result.token == nullptr) state.SkipWithError("refused");
  }
  state.counters["token_bytes"] = static_cast<double>(token.size());
}
BENCHMARK_CAPTURE(BM_ColdVerify, ES256, Algorithm::kEs256);
BENCHMARK_CAPTURE(BM_ColdVerify, RS256, Algorithm::kRs256);
BENCHMARK_CAPTURE(BM_ColdVerify, PS256, Algorithm::kPs256);
BENCHMARK_CAPTURE(BM_ColdVerify, EdDSA, Algorithm::kEdDsa);
BENCHMARK_CAPTURE(BM_ColdVerify, HS256, Algorithm::kHs256);

void BM_WarmHit(benchmark::State& state) {
  const SigningKey& key = TestKey(Algorithm::kEs256);
  static TokenCache cache(VerifierFor(OptionsFor(key)), 65536);
  std::vector<std::string> tokens;
  for (int i = 0; i < 64; ++i) tokens.push_back(Mint(key, ClaimsOf(i)));
  for (const std::string& token : tokens) cache.Verify(token, Now());
  size_t next = 0;
  for (auto _ : state) {
    bool hit = false;
    benchmark::DoNotOptimize(cache.Verify(tokens[next++ % tokens.size()], Now(), &hit));
    if (!hit) state.SkipWithError("not a hit");
  }
  state.counters["token_bytes"] = static_cast<double>(tokens[0].size());
}
BENCHMARK(BM_WarmHit)->Threads(1)->Threads(2)->UseRealTime();

void BM_RefuseForged(benchmark::State& state) {
  const SigningKey& key = TestKey(Algorithm::kEs256);
  TokenCache cache(VerifierFor(OptionsFor(key)), 65536);
  const std::string token =
      Mint(*SigningKey::Generate(Algorithm::kEs256, key.key_id()), ClaimsOf(1));
  for (auto _ : state) benchmark::DoNotOptimize(cache.Verify(token, Now()));
}
BENCHMARK(BM_RefuseForged);

void BM_RefuseUnknownKid(benchmark::State& state) {
  const SigningKey& key = TestKey(Algorithm::kEs256);
  TokenCache cache(VerifierFor(OptionsFor(key)), 65536);
  const std::string token = Mint(*SigningKey::Generate(Algorithm::kEs256, "other"), ClaimsOf(1));
  for (auto _ : state) benchmark::DoNotOptimize(cache.Verify(token, Now()));
}
BENCHMARK(BM_RefuseUnknownKid);

}  // namespace
}  // namespace warden
