// Messages made to hurt: huge values, huge lists, deep trees. Each must be judged in bounded time.
#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using rules_test::Lists;
using rules_test::Maps;
using rules_test::Strings;
using rules_test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t k64Mb = 64u << 20;

// Generous for machines that are slow, busy or sanitized; anything worse than linear is far beyond
// it.
constexpr auto kLimit = std::chrono::seconds(60);

// "field: rule" of the first violations, and that it did not take forever.
std::vector<std::string> CheckInTime(const google::protobuf::Message& message) {
  const auto program = MustCompile(*message.GetDescriptor());
  std::vector<Violation> violations;
  const auto start = std::chrono::steady_clock::now();
  program->Check(message, 5, &violations);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLimit);
  std::vector<std::string> lines;
  for (const Violation& violation : violations) {
    EXPECT_LT(violation.field.size() + violation.message.size(), 2000u);
    lines.push_back(violation.field + ": " + violation.rule);
  }
  return lines;
}

TEST(HostileTest, HugeStrings) {
  Strings message;
  message.set_pattern(std::string(k64Mb, 'a'));
  EXPECT_THAT(CheckInTime(message), IsEmpty());
  message.mutable_pattern()->back() = '!';
  message.set_search(std::string(k64Mb, '1'));
  message.mutable_search()->assign(k64Mb, 'x');
  message.set_email(std::string(k64Mb, '@'));
  message.set_min_max(std::string(k64Mb, '\x80'));
  message.set_not_contains(std::string(k64Mb, '.'));
  EXPECT_THAT(
      CheckInTime(message),
      ElementsAre("min_max: string.max_len", "pattern: string.pattern", "search: string.pattern",
                  "not_contains: string.not_contains", "email: string.email"));
}

TEST(HostileTest, HugeFormats) {
  rules_test::AllFormats message;
  const auto* type = message.GetDescriptor();
  for (const char* piece : {"a", "1", ".", ":", "/", "%", "[", "a.", "1:", "%41", "-", "\xff"}) {
    std::string value;
    while (value.size() < (1u << 20)) value += piece;
    for (int i = 0; i < type->field_count(); ++i) {
      message.GetReflection()->SetString(&message, type->field(i), value);
    }
    EXPECT_EQ(CheckInTime(message).size(), 5u) << piece;
  }
}

// A backtracking engine would need 2^30 steps and more.
TEST(HostileTest, PatternsThatExplodeElsewhere) {
  ProtoPool pool;
  const auto* file = pool.AddMessages(R"(
      message M {
        string a = 1 [(warden.v1.rules).string.pattern = "^(a+)+$"];
        string b = 2 [(warden.v1.rules).string.pattern = "^(a|aa)+$"];
        string c = 3 [(warden.v1.rules).string.pattern = "(x+x+)+y"];
        string d = 4 [(warden.v1.rules).string.pattern = "[ab]*a[ab]{30}c"];
      })");
  ASSERT_NE(file, nullptr);
  const auto* type = file->message_type(0);
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
  std::mt19937 random(1);
  std::string ab(1 << 20, 'a');
  for (char& c : ab) c = random() % 2 == 0 ? 'a' : 'b';
  const std::vector<std::string> values = {std::string(1 << 20, 'a') + "!",
                                           std::string(1 << 20, 'a') + "!",
                                           std::string(1 << 20, 'x'), ab};
  for (int i = 0; i < 4; ++i) {
    message->GetReflection()->SetString(message.get(), type->field(i),
                                        values[static_cast<size_t>(i)]);
  }
  EXPECT_THAT(CheckInTime(*message), ElementsAre("a: string.pattern", "b: string.pattern",
                                                 "c: string.pattern", "d: string.pattern"));
}

TEST(HostileTest, AMillionItems) {
  constexpr int kItems = 1'000'000;
  Lists message;
  for (int i = 0; i < kItems; ++i) {
    message.add_unique(std::to_string(i));
    message.add_unique_int(int64_t{i} << 40);  // all the low bits alike
  }
  EXPECT_THAT(CheckInTime(message), IsEmpty());
  message.set_unique(kItems - 1, "0");
  message.set_unique_int(kItems - 1, 0);
  EXPECT_THAT(CheckInTime(message),
              ElementsAre("unique: repeated.unique", "unique_int: repeated.unique"));
  message.Clear();
  for (int i = 0; i < kItems; ++i) message.add_items("");
  EXPECT_THAT(CheckInTime(message),
              ElementsAre("items[0]: string.min_len", "items[1]: string.min_len",
                          "items[2]: string.min_len", "items[3]: string.min_len",
                          "items[4]: string.min_len"));
}

TEST(HostileTest, AHundredThousandEntriesAndAHugeKey) {
  Maps message;
  for (int i = 0; i < 100'000; ++i) (*message.mutable_inners())[i].set_name("a");
  EXPECT_THAT(CheckInTime(message), IsEmpty());
  (*message.mutable_labels())[std::string(k64Mb, '\xff')] = "x";
  EXPECT_EQ(CheckInTime(message).size(), 1u);
}

// Built in memory, where nothing has bounded its depth yet.
TEST(HostileTest, DepthBomb) {
  Tree root;
  Tree* last = &root;
  for (int i = 0; i < 5000; ++i) last = i % 2 == 0 ? last->mutable_left() : last->add_children();
  const std::vector<std::string> broken = CheckInTime(root);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_THAT(broken[0], testing::EndsWith(": warden.max_depth"));
}

// Every node has two children: without an end at the first violations this would take 2^100 steps.
TEST(HostileTest, WideAndDeep) {
  Tree root;
  std::vector<Tree*> level = {&root};
  for (int depth = 0; depth < 14; ++depth) {
    std::vector<Tree*> next;
    for (Tree* tree : level) {
      next.push_back(tree->mutable_left());
      next.push_back(tree->add_children());
    }
    level = std::move(next);
  }
  EXPECT_THAT(CheckInTime(root), IsEmpty());
  for (Tree* tree : level) tree->set_name("long");
  EXPECT_EQ(CheckInTime(root).size(), 5u);
}

}  // namespace
}  // namespace warden::rules
