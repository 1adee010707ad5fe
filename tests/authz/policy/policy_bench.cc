// What a decision costs: making the principal from token and peer, and asking the rule.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>

#include "authz/policy/access.h"
#include "authz/policy/match_index.h"
#include "authz/policy/policy.h"
#include "nlohmann/json.hpp"

namespace {

// Counts this thread's allocations, so that "allocates nothing" is measured and not believed.
thread_local size_t allocations = 0;

}  // namespace

// Not inlined, or gcc takes malloc and delete for a mismatch.
__attribute__((noinline)) void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size); memory != nullptr) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace warden {
namespace {

// A policy of `roles` roles with ten permissions each; the peer "p" has every tenth of them.
std::shared_ptr<const Policy> MakePolicy(int roles) {
  std::string yaml = "roles:\n";
  std::string bindings = "bindings:\n";
  for (int i = 0; i < roles; ++i) {
    const std::string role = "role-" + std::to_string(i);
    yaml += "  " + role + ": {permissions: [";
    for (int j = 0; j < 10; ++j)
      yaml += "service" + std::to_string(i) + ".verb" + std::to_string(j) + ",";
    yaml += "]}\n";
    if (i % 10 == 0) bindings += "  - {roles: [" + role + "], peer: {dns_names: [p]}}\n";
  }
  return *Policy::FromYaml(yaml + bindings, "bench.yaml");
}

std::shared_ptr<const Peer> MakePeer() {
  auto peer = std::make_shared<Peer>();
  peer->spiffe_id = "spiffe://shop.example/ns/default/sa/web";
  peer->dns_sans = {"p"};
  peer->certificate_sha256 = std::string(64, 'a');
  return peer;
}

void ReportAllocations(benchmark::State& state, size_t before) {
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                     benchmark::Counter::kAvgIterations);
}

// Arguments: roles in the policy.
void BM_Allows(benchmark::State& state) {
  const auto policy = MakePolicy(static_cast<int>(state.range(0)));
  const auto principal = policy->MakePrincipal(MakePeer(), nullptr);
  const AccessRule rule = *AccessRule::Compile({MethodAccess::Kind::kPermissions,
                                                {"service0.verb1", "service0.verb7"},
                                                {"service0.verb2", "service0.verb3"}},
                                               policy);
  if (!rule.Allows(*principal)) state.SkipWithError("must be allowed");
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(rule.Allows(*principal));
  ReportAllocations(state, before);
}
BENCHMARK(BM_Allows)->Arg(10)->Arg(100)->Arg(1000);

void BM_Denies(benchmark::State& state) {
  const auto policy = MakePolicy(static_cast<int>(state.range(0)));
  const auto principal = policy->MakePrincipal(MakePeer(), nullptr);
  const AccessRule rule =
      *AccessRule::Compile({MethodAccess::Kind::kPermissions, {"service1.verb1"}, {}}, policy);
  if (rule.Allows(*principal)) state.SkipWithError("must be denied");
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(rule.Allows(*principal));
  ReportAllocations(state, before);
}
BENCHMARK(BM_Denies)->Arg(10)->Arg(1000);

// A permission that only a wildcard gives, and ten denials that hold for others, for other methods
// or for the caller elsewhere.
void BM_AllowsByWildcardBesideDenials(benchmark::State& state) {
  std::string yaml =
      "roles:\n  r: {permissions: [\"service0.*\"]}\n  other: {permissions: [x]}\n"
      "bindings:\n  - {roles: [r], peer: {dns_names: [p]}}\ndeny:\n";
  for (int i = 0; i < 10; ++i) {
    yaml += "  - {permissions: [\"service" + std::to_string(i % 2) + ".*\"], roles: [" +
            (i % 2 == 0 ? "other" : "r") + "]}\n";
  }
  const auto policy = *Policy::FromYaml(yaml, "bench.yaml");
  const auto principal = policy->MakePrincipal(MakePeer(), nullptr);
  const AccessRule rule =
      *AccessRule::Compile({MethodAccess::Kind::kPermissions, {"service0.verb1"}, {}}, policy);
  if (!rule.Allows(*principal)) state.SkipWithError("must be allowed");
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(rule.Judge(*principal));
  ReportAllocations(state, before);
}
BENCHMARK(BM_AllowsByWildcardBesideDenials);

// A principal that the previous version of the policy made.
void BM_AllowsAcrossVersions(benchmark::State& state) {
  const auto policy = MakePolicy(100);
  const auto principal = MakePolicy(100)->MakePrincipal(MakePeer(), nullptr);
  const AccessRule rule =
      *AccessRule::Compile({MethodAccess::Kind::kPermissions, {"service0.verb1"}, {}}, policy);
  if (!rule.Allows(*principal)) state.SkipWithError("must be allowed");
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(rule.Allows(*principal));
  ReportAllocations(state, before);
}
BENCHMARK(BM_AllowsAcrossVersions);

void BM_HasPermission(benchmark::State& state) {
  const auto policy = MakePolicy(100);
  const auto principal = policy->MakePrincipal(MakePeer(), nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(principal->HasPermission("service0.verb1"));
}
BENCHMARK(BM_HasPermission);

void BM_MakePrincipal(benchmark::State& state) {
  const auto policy = MakePolicy(static_cast<int>(state.range(0)));
  const auto peer = MakePeer();
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(policy->MakePrincipal(peer, nullptr));
  ReportAllocations(state, before);
}
BENCHMARK(BM_MakePrincipal)->Arg(10)->Arg(100);

// What holds by a token's claims: a nested list of ten, three of which are bound.
void BM_ClaimsHolding(benchmark::State& state) {
  std::vector<CallerMatch> matches(50);
  for (size_t i = 0; i < matches.size(); ++i) {
    matches[i].claim =
        CallerMatch::Claim{{"realm_access", "roles"}, {"role-" + std::to_string(i * 4)}};
  }
  const MatchIndex index(matches, MatchIndex::Nameless::kNever);
  nlohmann::json roles = nlohmann::json::array();
  for (int i = 0; i < 10; ++i) roles.push_back("role-" + std::to_string(i));
  const nlohmann::json claims = {{"sub", "alice"}, {"realm_access", {{"roles", roles}}}};
  const TokenClaims token{"https://auth.shop.example", claims};
  const BitSet nowhere;
  for (auto _ : state) {
    benchmark::DoNotOptimize(index.Holding({.token = &token}, nowhere));
  }
}
BENCHMARK(BM_ClaimsHolding);

}  // namespace
}  // namespace warden
