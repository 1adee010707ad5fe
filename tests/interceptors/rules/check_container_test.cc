// Rules of lists and maps, and the paths of what is in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using rules_test::Lists;
using rules_test::Maps;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(ListTest, SizesItemsAndPaths) {
  const std::vector<Row> rows = {
      {"", {}},
      {"sized: ['a', 'a', 'a']", {}},
      {"sized: ['a', 'b', 'c', 'd']", {"sized: repeated.max_items"}},
      {"at_least: ['a']", {"at_least: repeated.min_items"}},
      {"at_least: ['a', 'a']", {}},
      {"items: ['ab', 'a', 'abc', '']", {"items[1]: string.min_len", "items[3]: string.min_len"}},
      {"sparse_items: ['ab', '', 'a']", {"sparse_items[2]: string.min_len"}},
      {"messages: [{name: 'a'}, {}]", {"messages[1].name: string.min_len"}},
      {"ignored_messages: [{}, {}]", {}},
      {"colors: [COLOR_RED, COLOR_GREEN]", {}},
      {"colors: [COLOR_RED, COLOR_RED]", {"colors: repeated.unique"}},
      {"durations: [{}, {nanos: -1}]", {"durations[1]: duration.gte"}},
      {"wrapped: [{value: 'ab'}, {value: 'abc'}, {}]", {"wrapped[1]: string.max_len"}},
      {"flags: [true, false]", {}},
      {"flags: [true, false, true]", {"flags: repeated.unique"}},
  };
  ExpectRows(Lists(), rows);
}

TEST(ListTest, Unique) {
  const std::vector<Row> rows = {
      {"unique: ['a', 'b', '']", {}},
      {"unique: ['', 'a', '']", {"unique: repeated.unique"}},
      {"unique: ['a', 'A', 'a ']", {}},
      {"unique_double: [nan, nan]", {}},  // NaN equals nothing
      {"unique_double: [0, -0.0]", {"unique_double: repeated.unique"}},
      {"unique_double: [inf, -inf]", {}},
      {"unique_int: [-9223372036854775808, 9223372036854775807, 0]", {}},
      {"unique_int: [9223372036854775807, 9223372036854775807]", {"unique_int: repeated.unique"}},
  };
  ExpectRows(Lists(), rows);
}

// From 5 items on, and again from 129, another algorithm is at work.
TEST(ListTest, UniqueInLongLists) {
  const auto program = MustCompile(*Lists::descriptor());
  for (const int size : {3, 4, 5, 6, 127, 128, 129, 130, 1000}) {
    Lists message;
    for (int i = 0; i < size; ++i) {
      message.add_unique("item " + std::to_string(i));
      message.add_unique_int(i * 4096);
      message.add_unique_double(i % 2 == 0 ? std::numeric_limits<double>::quiet_NaN() : i);
    }
    EXPECT_THAT(Broken(*program, message), IsEmpty()) << size;
    message.set_unique(size - 1, "item 0");
    message.set_unique_int(0, (size - 1) * 4096);
    message.set_unique_double(0, -0.0);
    message.set_unique_double(size - 1, 0.0);
    EXPECT_THAT(Broken(*program, message),
                ElementsAre("unique: repeated.unique", "unique_double: repeated.unique",
                            "unique_int: repeated.unique"))
        << size;
  }
}

TEST(MapTest, KeysValuesAndPaths) {
  const std::vector<Row> rows = {
      {"", {}},
      {"labels { key: 'abcde' value: 'x' }", {}},
      {"labels { key: 'abcdef' value: 'x' }", {"labels[\"abcdef\"]: string.max_len"}},
      {"labels { key: 'a' value: '' }", {"labels[\"a\"]: string.min_len"}},
      {"labels { key: 'a\"\\n\\303\\251' value: '' }",
       {"labels[\"a\\\"\\n\\xc3\\xa9\"]: string.min_len"}},
      {"inners { key: -4 value {} }", {"inners[-4].name: string.min_len"}},
      {"inners { key: 4 value { name: 'a' } }", {}},
      {"flags { key: true value: COLOR_RED }", {}},
      {"numbers { key: 18446744073709551615 value: inf }",
       {"numbers[18446744073709551615]: double.finite"}},
      {"numbers { key: 0 value: 1 }", {"numbers[0]: uint64.gt"}},
      {"secrets { key: 'hunter2' value: 'four' }", {"secrets[*]: string.max_len"}},
      {"blobs { key: -1 value: 'ab' }", {"blobs: map.min_pairs", "blobs[-1]: bytes.max_len"}},
      {"ignored { key: 'a' value {} }", {}},
      {"floats { key: 'a' value: 0 }", {}},
      {"floats { key: 'a' value: 1 }", {"floats[\"a\"]: float.gt"}},
  };
  ExpectRows(Maps(), rows);
}

TEST(MapTest, UnknownEnumNumbersAndManyEntries) {
  const auto program = MustCompile(*Maps::descriptor());
  Maps message;
  (*message.mutable_flags())[false] = static_cast<rules_test::Color>(99);
  for (const char* key : {"a", "b", "c", "d"})
    (*message.mutable_labels())[key] = key[0] == 'b' ? "" : "x";
  EXPECT_THAT(Broken(*program, message),
              UnorderedElementsAre("labels: map.max_pairs", "labels[\"b\"]: string.min_len",
                                   "flags[false]: enum.defined_only"));
}

TEST(MapTest, LongKeysAreCutInPaths) {
  Maps message;
  (*message.mutable_labels())[std::string(1000, 'k')] = "x";
  EXPECT_THAT(Broken(*MustCompile(*Maps::descriptor()), message),
              ElementsAre("labels[\"" + std::string(64, 'k') + "...\"]: string.max_len"));
}

// In the serialized form a key may come twice; the last one counts.
TEST(MapTest, DuplicateKeysOnTheWire) {
  Maps first, second;
  (*first.mutable_labels())["a"] = "";
  (*second.mutable_labels())["a"] = "x";
  Maps message;
  const std::string once = first.SerializeAsString(), twice = second.SerializeAsString();
  ASSERT_TRUE(message.ParseFromString(once + twice));
  EXPECT_THAT(Broken(*MustCompile(*Maps::descriptor()), message), IsEmpty());
  ASSERT_TRUE(message.ParseFromString(twice + once));
  EXPECT_THAT(Broken(*MustCompile(*Maps::descriptor()), message),
              ElementsAre("labels[\"a\"]: string.min_len"));
}

// A const message may be checked by many threads at once, also one whose maps were last changed
// through reflection, which leaves their two forms out of step.
TEST(MapTest, ManyThreadsOneMessage) {
  Maps message;
  const auto* field = Maps::descriptor()->FindFieldByName("inners");
  for (int i = 0; i < 100; ++i) {
    auto* entry = message.GetReflection()->AddMessage(&message, field);
    entry->GetReflection()->SetInt32(entry, field->message_type()->map_key(), i);
    (*message.mutable_labels())["k"] = "";
  }
  const auto program = MustCompile(*Maps::descriptor());
  std::vector<std::thread> threads;
  std::vector<size_t> found(8);
  for (size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] {
      std::vector<Violation> violations;
      program->Check(message, 1000, &violations);
      found[i] = violations.size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(101u));
}

}  // namespace
}  // namespace warden::rules
