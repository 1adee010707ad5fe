// What a decision costs: making the principal from token and peer, and asking the rule.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>

#include "authz/policy/access.h"
#include "authz/policy/binding_index.h"
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

// Roles from a token's claims: a nested list of ten, three of which are bound.
void BM_RolesOfClaims(benchmark::State& state) {
  std::vector<CompiledBinding> bindings;
  for (size_t i = 0; i < 50; ++i) {
    CompiledBinding& binding = bindings.emplace_back();
    binding.roles.Add(i);
    binding.claim =
        CompiledBinding::Claim{{"realm_access", "roles"}, {"role-" + std::to_string(i * 4)}, ""};
  }
  const BindingIndex index(bindings);
  nlohmann::json roles = nlohmann::json::array();
  for (int i = 0; i < 10; ++i) roles.push_back("role-" + std::to_string(i));
  const nlohmann::json claims = {{"sub", "alice"}, {"realm_access", {{"roles", roles}}}};
  const TokenClaims token{"https://auth.shop.example", claims};
  const Peer peer;
  for (auto _ : state) benchmark::DoNotOptimize(index.RolesOf(peer, &token));
}
BENCHMARK(BM_RolesOfClaims);

}  // namespace
}  // namespace warden
