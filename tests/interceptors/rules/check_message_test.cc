// When rules apply, and what is below a message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using rules_test::Groups;
using rules_test::Presence;
using rules_test::Tree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A Presence that keeps all of its rules.
Presence Valid() {
  Presence message;
  message.set_implicit("ab");
  message.set_required_implicit("a");
  message.set_required_explicit("");
  message.mutable_required_inner()->set_name("a");
  message.add_required_list(0);
  (*message.mutable_required_map())["a"] = 0;
  message.set_required_double(-0.0);  // its bits are not zero, so it is sent, and set
  message.mutable_b()->set_name("a");
  return message;
}

TEST(PresenceTest, EmptyMessage) {
  EXPECT_THAT(BrokenText(Presence(), ""),
              ElementsAre("implicit: string.min_len", "required_implicit: required",
                          "required_explicit: required", "required_inner: required",
                          "required_list: required", "required_map: required",
                          "required_double: required", "choice: required"));
}

TEST(PresenceTest, Valid) {
  EXPECT_THAT(Broken(*MustCompile(*Presence::descriptor()), Valid()), IsEmpty());
}

TEST(PresenceTest, OneChangeAtATime) {
  struct Case {
    void (*change)(Presence*);
    std::vector<std::string> broken;
  };
  const std::vector<Case> cases = {
      {[](Presence* m) { m->set_implicit(""); }, {"implicit: string.min_len"}},
      {[](Presence* m) { m->set_explicit_(""); }, {"explicit: string.min_len"}},
      {[](Presence* m) { m->set_explicit_("ab"); }, {}},
      {[](Presence* m) { m->clear_required_explicit(); }, {"required_explicit: required"}},
      {[](Presence* m) { m->set_ignore_zero("a"); }, {"ignore_zero: string.min_len"}},
      {[](Presence* m) { m->set_ignore_zero_explicit(""); },
       {"ignore_zero_explicit: string.min_len"}},
      {[](Presence* m) { m->set_ignored("a"); }, {}},
      {[](Presence* m) { m->mutable_inner(); }, {"inner.name: string.min_len"}},
      {[](Presence* m) { m->mutable_required_inner()->clear_name(); },
       {"required_inner.name: string.min_len"}},
      {[](Presence* m) { m->mutable_ignored_inner(); }, {}},
      {[](Presence* m) { m->set_required_double(0); }, {"required_double: required"}},
      {[](Presence* m) { m->set_a("a"); }, {"a: string.min_len"}},
      {[](Presence* m) { m->set_a("ab"); }, {}},
      {[](Presence* m) { m->mutable_b()->clear_name(); }, {"b.name: string.min_len"}},
      {[](Presence* m) { m->clear_choice(); }, {"choice: required"}},
      {[](Presence* m) { m->set_c(0); }, {"c: int32.gt"}},
      {[](Presence* m) { m->set_d(0); }, {}},
  };
  const auto program = MustCompile(*Presence::descriptor());
  for (size_t i = 0; i < cases.size(); ++i) {
    Presence message = Valid();
    cases[i].change(&message);
    EXPECT_EQ(Broken(*program, message), cases[i].broken) << i;
  }
}

TEST(GroupTest, AtMostOneExactlyOne) {
  EXPECT_THAT(BrokenText(Groups(), "email: 'a@b'"), IsEmpty());
  EXPECT_THAT(BrokenText(Groups(), "phone: ''"), IsEmpty());  // it tracks presence
  EXPECT_THAT(BrokenText(Groups(), ""), ElementsAre(": message.oneof"));
  EXPECT_THAT(BrokenText(Groups(), "id: 'abc' ids: 'x' email: 'a@b' phone: 'x'"),
              ElementsAre(": message.oneof", ": message.oneof"));
  EXPECT_THAT(BrokenText(Groups(), "id: 'ab' phone: 'x'"), ElementsAre("id: string.min_len"));
}

TEST(TreeTest, PathsThroughMessagesListsAndMaps) {
  EXPECT_THAT(BrokenText(Tree(), R"pb(
                name: 'long'
                left {
                  children {}
                  children {
                    named {
                      key: 'x'
                      value { left { name: 'long' } }
                    }
                  }
                }
              )pb"),
              ElementsAre("name: string.max_len",
                          "left.children[1].named[\"x\"].left.name: string.max_len"));
}

// A chain of `depth` messages below the first, the last of which has a wrong name.
Tree Chain(int depth) {
  Tree root;
  Tree* last = &root;
  for (int i = 0; i < depth; ++i) last = last->mutable_left();
  last->set_name("long");
  return root;
}

TEST(TreeTest, DepthIsBounded) {
  const auto program = MustCompile(*Tree::descriptor());
  std::string path;
  for (int i = 0; i < Program::kMaxDepth; ++i) path += "left.";
  std::vector<Violation> violations;
  EXPECT_FALSE(program->Check(Chain(Program::kMaxDepth), 10, &violations));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, path + "name");
  EXPECT_EQ(violations[0].rule, "string.max_len");

  violations.clear();
  EXPECT_FALSE(program->Check(Chain(Program::kMaxDepth + 1), 10, &violations));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, path + "left");
  EXPECT_EQ(violations[0].rule, "warden.max_depth");
}

TEST(CheckTest, StopsAtTheLimit) {
  const auto program = MustCompile(*Presence::descriptor());
  for (const size_t limit : {1u, 2u, 7u, 8u, 9u}) {
    std::vector<Violation> violations;
    EXPECT_FALSE(program->Check(Presence(), limit, &violations));
    EXPECT_EQ(violations.size(), std::min<size_t>(limit, 8)) << limit;
  }
  std::vector<Violation> violations;
  EXPECT_FALSE(program->Check(Presence(), 0, &violations));
  EXPECT_EQ(violations.size(), 1u);
}

TEST(CheckTest, AppendsToTheList) {
  std::vector<Violation> violations = {{"a", "b", "c"}};
  EXPECT_TRUE(MustCompile(*Presence::descriptor())->Check(Valid(), 1, &violations));
  EXPECT_EQ(violations.size(), 1u);
}

TEST(CheckTest, AnotherTypeIsRefused) {
  std::vector<Violation> violations;
  EXPECT_FALSE(MustCompile(*Presence::descriptor())->Check(Tree(), 1, &violations));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].rule, "warden.type");
  // Also where the program has nothing to check.
  EXPECT_FALSE(MustCompile(*rules_test::Unruled::descriptor())->Check(Tree(), 1, &violations));
}

TEST(EmptyTest, TellsWhetherThereIsAnythingToCheck) {
  EXPECT_TRUE(MustCompile(*rules_test::Unruled::descriptor())->empty());
  EXPECT_TRUE(MustCompile(*rules_test::FreeTree::descriptor())->empty());
  EXPECT_FALSE(MustCompile(*Tree::descriptor())->empty());
  EXPECT_FALSE(MustCompile(*Groups::descriptor())->empty());
  EXPECT_FALSE(MustCompile(*rules_test::Lists::descriptor())->empty());
  EXPECT_EQ(&MustCompile(*Tree::descriptor())->type(), Tree::descriptor());
}

}  // namespace
}  // namespace warden::rules
