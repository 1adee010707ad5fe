// What a decision by a condition costs, and what it allocates.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <new>

#include "tests/authz/condition/condition_testing.h"

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

namespace warden::condition {
namespace {

const char* const kTexts[] = {
    "request.owner == claims.sub",
    "request.owner == claims.sub && request.labels['tenant'] == claims.tenant",
    "request.i64 <= ('approver' in claims.roles ? 100000 : 1000)",
    "request.created.getHours('Europe/Berlin') >= 8 && request.created.getHours() < 18",
    "cidr('10.0.0.0/8').containsIP(request.note)",
    "request.lines.all(l, l.count > 0 && l.sku.matches('^[A-Z]{3}-[0-9]{4}$'))",
};

void BM_Evaluate(benchmark::State& state) {
  const std::string text = kTexts[state.range(0)];
  std::vector<ExpressionProblem> problems;
  const auto condition = Condition::Compile(text, TestEnvironment(), &problems);
  if (!condition.has_value()) return state.SkipWithError("it does not compile");
  Order order;
  order.set_owner("spiffe://shop.example/ns/default/alice");
  order.set_i64(5000);
  order.set_note("10.1.2.3");
  order.mutable_created()->set_seconds(1'900'000'000 - 6 * 3600);
  (*order.mutable_labels())["tenant"] = "t1";
  for (int i = 0; i < 10; ++i) {
    order.add_lines()->set_sku("ABC-0001");
    order.mutable_lines(i)->set_count(1);
  }
  const nlohmann::json claims = {
      {"sub", order.owner()}, {"tenant", "t1"}, {"roles", {"reader", "writer", "approver"}}};
  const TestActivation activation(order, claims);
  const Outcome once = condition->Evaluate(activation);
  if (!once.holds()) return state.SkipWithError("it does not hold");
  const size_t before = allocations;
  for (auto _ : state) benchmark::DoNotOptimize(condition->Evaluate(activation));
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                     benchmark::Counter::kAvgIterations);
  state.SetLabel(text);
}
BENCHMARK(BM_Evaluate)->DenseRange(0, std::size(kTexts) - 1);

}  // namespace
}  // namespace warden::condition
