// A valid message costs no allocation.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "cel_rules_test.pb.h"
#include "rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Counts what this program allocates. malloc itself stays the sanitizers'.
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace warden::rules {
namespace {

// The allocations of the second of two checks of a valid message; the first may warm RE2's and the
// thread's caches.
size_t AllocationsOf(const google::protobuf::Message& message) {
  const auto program = MustCompile(*message.GetDescriptor());
  std::vector<Violation> violations;
  EXPECT_TRUE(program->Check(message, 10, &violations));
  const size_t before = allocations;
  EXPECT_TRUE(program->Check(message, 10, &violations));
  const size_t after = allocations;
  return after - before;
}

TEST(AllocationTest, TheCounterCounts) {
  const size_t before = allocations;
  ::operator delete(::operator new(sizeof(int)));
  EXPECT_EQ(allocations, before + 1);
}

TEST(AllocationTest, Request) {
  rules_test::CreateOrder order;
  order.set_id("123e4567-e89b-12d3-a456-426614174000");
  order.set_customer_email("somebody.with.a.long.name@mail.example.com");
  order.set_note(std::string(400, 'n'));
  order.set_created_ms(1);
  order.set_weight(1);
  order.set_color(rules_test::COLOR_RED);
  for (const char* tag : {"alpha", "beta", "gamma"}) order.add_tags(tag);
  order.mutable_item()->set_sku("SKU-1234");
  order.mutable_item()->set_quantity(1);
  order.set_digest(std::string(32, 'd'));
  EXPECT_EQ(AllocationsOf(order), 0u);
}

TEST(AllocationTest, StringsListsAndWellKnownTypes) {
  rules_test::Strings strings;
  strings.set_pattern(std::string(1000, 'a'));
  strings.set_in("green");
  strings.set_not_in("a name that does not fit into a short string");
  EXPECT_EQ(AllocationsOf(strings), 0u);

  rules_test::Lists lists;
  for (int i = 0; i < 1000; ++i) lists.add_unique("a rather long item number " + std::to_string(i));
  for (int i = 0; i < 1000; ++i) lists.add_messages()->set_name("a");
  EXPECT_EQ(AllocationsOf(lists), 0u);

  rules_test::WellKnown known;
  known.mutable_count()->set_value(1);
  known.mutable_mask()->add_paths("b.c.with.a.long.path.behind");
  known.mutable_past();
  EXPECT_EQ(AllocationsOf(known), 0u);

  rules_test::Tree tree;
  rules_test::Tree* last = &tree;
  for (int i = 0; i < 100; ++i) last = last->mutable_left();
  EXPECT_EQ(AllocationsOf(tree), 0u);
}

TEST(AllocationTest, Conditions) {
  rules_test::CelScalars scalars;
  scalars.set_even(2);
  scalars.set_ratio(0.5);
  scalars.set_word("a word that does not fit into a short string");
  scalars.mutable_inner()->set_a(1);
  scalars.mutable_wrapped()->set_value("another that does not fit into a short string");
  scalars.mutable_timeout()->set_seconds(3);
  EXPECT_EQ(AllocationsOf(scalars), 0u);
  rules_test::CelSpan span;
  span.set_to(3);
  EXPECT_EQ(AllocationsOf(span), 0u);
  rules_test::CelContainers containers;
  for (int i = 0; i < 100; ++i) containers.add_ones(1);
  for (int i = 0; i < 8; ++i)
    containers.add_distinct("a rather long item number " + std::to_string(i));
  EXPECT_EQ(AllocationsOf(containers), 0u);
}

TEST(AllocationTest, MapsOfScalars) {
  rules_test::Maps maps;
  for (int i = 0; i < 3; ++i) {
    (*maps.mutable_labels())["k" + std::to_string(i)] =
        "a value that does not fit into a short string";
    (*maps.mutable_numbers())[static_cast<uint64_t>(i) + 1] = i;
    (*maps.mutable_blobs())[i] = "x";
  }
  EXPECT_EQ(AllocationsOf(maps), 0u);
}

}  // namespace
}  // namespace warden::rules
