// What checking costs: time per message, with its size.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cel_rules_test.pb.h"
#include "interceptors/rules/program.h"
#include "rules_test.pb.h"

namespace warden {
namespace {

rules_test::CreateOrder Order() {
  rules_test::CreateOrder order;
  order.set_id("123e4567-e89b-12d3-a456-426614174000");
  order.set_customer_email("somebody@mail.example.com");
  order.set_note("Please ring twice.");
  order.set_priority(3);
  order.set_created_ms(1'700'000'000'000);
  order.set_weight(1.5);
  order.set_color(rules_test::COLOR_RED);
  for (const char* tag : {"gift", "fragile"}) order.add_tags(tag);
  order.mutable_item()->set_sku("SKU-1234");
  order.mutable_item()->set_quantity(2);
  order.set_digest(std::string(32, 'd'));
  return order;
}

void Run(benchmark::State& state, const google::protobuf::Message& message, bool valid) {
  const auto program = Program::Compile(*message.GetDescriptor());
  if (!program.ok()) return state.SkipWithError(program.status().ToString().c_str());
  std::vector<Violation> violations;
  for (auto _ : state) {
    if ((*program)->Check(message, 16, &violations) != valid) state.SkipWithError("wrong verdict");
    violations.clear();
  }
  state.counters["bytes"] = static_cast<double>(message.ByteSizeLong());
}

void BM_TenFields(benchmark::State& state) { Run(state, Order(), true); }
BENCHMARK(BM_TenFields);

void BM_TenFieldsOneViolation(benchmark::State& state) {
  rules_test::CreateOrder order = Order();
  order.mutable_item()->set_quantity(0);
  Run(state, order, false);
}
BENCHMARK(BM_TenFieldsOneViolation);

void BM_OneCondition(benchmark::State& state) {
  rules_test::CelPair message;
  message.set_from(1);
  message.set_to(2);
  Run(state, message, true);
}
BENCHMARK(BM_OneCondition);

void BM_ConditionOverList(benchmark::State& state) {
  rules_test::CelContainers message;
  for (int64_t i = 0; i < state.range(0); ++i) message.add_ones(1);
  Run(state, message, true);
}
BENCHMARK(BM_ConditionOverList)->Arg(10)->Arg(1000);

void BM_NoRules(benchmark::State& state) {
  rules_test::Unruled message;
  message.set_anything(std::string(1000, 'a'));
  Run(state, message, true);
}
BENCHMARK(BM_NoRules);

void BM_Pattern(benchmark::State& state) {
  rules_test::Strings message;
  message.set_pattern(std::string(static_cast<size_t>(state.range(0)), 'a'));
  Run(state, message, true);
}
BENCHMARK(BM_Pattern)->Arg(16)->Arg(1024)->Arg(1 << 20);

void BM_UniqueStrings(benchmark::State& state) {
  rules_test::Lists message;
  for (int64_t i = 0; i < state.range(0); ++i) message.add_unique("item " + std::to_string(i));
  Run(state, message, true);
}
BENCHMARK(BM_UniqueStrings)->Arg(8)->Arg(32)->Arg(1000)->Arg(1'000'000);

void BM_Labels(benchmark::State& state) {
  rules_test::Maps message;
  for (int i = 0; i < 3; ++i) (*message.mutable_labels())["k" + std::to_string(i)] = "value";
  Run(state, message, true);
}
BENCHMARK(BM_Labels);

void BM_MapOfMessages(benchmark::State& state) {
  rules_test::Maps message;
  for (int i = 0; i < 100; ++i) (*message.mutable_inners())[i].set_name("a");
  Run(state, message, true);
}
BENCHMARK(BM_MapOfMessages);

}  // namespace
}  // namespace warden
