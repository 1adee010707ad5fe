// What a call pays for the list: empty, and with a million entries.
#include <benchmark/benchmark.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "authz/revocation/revocations.h"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

constexpr size_t kMillion = 1'000'000;

const Revocations& Million() {
  static const Revocations* const list = [] {
    auto* made = new Revocations(kMillion);
    std::vector<RevocationChange> changes;
    for (size_t i = 0; i < kMillion; ++i) {
      const auto kind = static_cast<RevocationKind>(i % 5);
      RevocationKey key{kind, "https://auth.shop.example", absl::StrCat("00000000-0000-", i)};
      if (kind == RevocationKind::kCertificate) {
        key = {kind, "", absl::StrCat(absl::Hex(i, absl::kZeroPad16), std::string(48, 'a'))};
      }
      if (kind == RevocationKind::kApiKey) key.issuer.clear();
      changes.push_back({*NormalRevocation({.key = std::move(key)}, testing::Now())});
    }
    if (!made->Apply(RevocationSource::kShared, changes).ok()) std::abort();
    return made;
  }();
  return *list;
}

// Many callers, so that their entries' places are not all in the cache.
std::vector<std::shared_ptr<const VerifiedToken>> Tokens() {
  const SigningKey& key = testing::TestKey(Algorithm::kEdDsa);
  const auto verifier = testing::VerifierFor(testing::OptionsFor(key));
  std::vector<std::shared_ptr<const VerifiedToken>> tokens;
  for (int i = 0; i < 4096; ++i) {
    nlohmann::json claims = testing::GoodClaims();
    claims["jti"] = absl::StrCat("8fd1c2a0-59a5-4a40-b0a1-", i);
    claims["sub"] = absl::StrCat("user-", i);
    tokens.push_back(verifier->Verify(testing::Mint(key, claims), testing::Now()).token);
  }
  return tokens;
}

void Run(benchmark::State& state, const Revocations& list) {
  static const auto tokens = Tokens();
  const Peer peer = {.certificate_sha256 = std::string(64, 'c')};
  const absl::Time now = testing::Now();
  size_t i = static_cast<size_t>(state.thread_index()) * 1000;
  for (auto _ : state) {
    const VerifiedToken* const token = tokens[i++ % tokens.size()].get();
    benchmark::DoNotOptimize(list.Check({.peer = &peer, .token = token}, now));
  }
}

void BM_Empty(benchmark::State& state) {
  static const Revocations list(10);
  Run(state, list);
}
BENCHMARK(BM_Empty)->Threads(1)->Threads(2);

// Callers that were seen since the list changed.
void BM_Million(benchmark::State& state) { Run(state, Million()); }
BENCHMARK(BM_Million)->Threads(1)->Threads(2);

// All three look-ups of a token, for callers that were not.
void BM_MillionChanged(benchmark::State& state) {
  const auto tokens = Tokens();
  const absl::Time now = testing::Now();
  size_t i = 0;
  for (auto _ : state) {
    const VerifiedToken* const token = tokens[i++ % tokens.size()].get();
    token->not_revoked().Store(0);
    benchmark::DoNotOptimize(Million().Check({.token = token}, now));
  }
}
BENCHMARK(BM_MillionChanged);

}  // namespace
}  // namespace warden
