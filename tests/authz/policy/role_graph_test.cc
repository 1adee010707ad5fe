// Inheritance of roles, cycles among them.
#include "authz/policy/role_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Role i gives permission i.
std::vector<RoleSpec> Roles(const std::vector<std::vector<uint32_t>>& inherits) {
  std::vector<RoleSpec> roles;
  for (const std::vector<uint32_t>& parents : inherits) {
    RoleSpec& role = roles.emplace_back();
    role.permissions.Add(roles.size() - 1);
    role.inherits = parents;
  }
  return roles;
}

std::vector<size_t> Ids(const BitSet& set) {
  std::vector<size_t> ids;
  set.ForEach([&](size_t id) { ids.push_back(id); });
  return ids;
}

TEST(RoleGraph, RightsOfAllThatIsInherited) {
  std::vector<RoleCycle> cycles;
  // 0 -> 1 -> 3, 0 -> 2 -> 3, 4 alone.
  const auto rights = ResolveRoles(Roles({{1, 2}, {3}, {3}, {}, {}}), &cycles);
  EXPECT_THAT(cycles, IsEmpty());
  EXPECT_THAT(Ids(rights[0].roles), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Ids(rights[0].permissions), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Ids(rights[1].permissions), ElementsAre(1, 3));
  EXPECT_THAT(Ids(rights[4].permissions), ElementsAre(4));
}

TEST(RoleGraph, EachCycleIsFound) {
  std::vector<RoleCycle> cycles;
  ResolveRoles(Roles({{0}}), &cycles);
  EXPECT_THAT(cycles, ElementsAre(RoleCycle{0, 0}));
  cycles.clear();
  ResolveRoles(Roles({{1}, {2}, {1, 0}, {2}}), &cycles);
  EXPECT_THAT(cycles, ElementsAre(RoleCycle{1, 2, 1}, RoleCycle{0, 1, 2, 0}));
}

TEST(RoleGraph, AChainOfThousandsNeedsNoStack) {
  std::vector<std::vector<uint32_t>> chain;
  for (uint32_t i = 0; i + 1 < 4000; ++i) chain.push_back({i + 1});
  chain.push_back({});
  std::vector<RoleCycle> cycles;
  EXPECT_EQ(Ids(ResolveRoles(Roles(chain), &cycles)[0].permissions).size(), 4000u);
  chain.back() = {0};
  ResolveRoles(Roles(chain), &cycles);
  ASSERT_EQ(cycles.size(), 1u);
  EXPECT_EQ(cycles[0].size(), 4001u);
}

TEST(RoleGraph, WhatOnlyABreakGlassRoleGivesIsNotOrdinary) {
  std::vector<RoleSpec> roles = Roles({{1}, {2}, {}, {2}});
  roles[1].break_glass = true;
  std::vector<RoleCycle> cycles;
  const auto rights = ResolveRoles(roles, &cycles);
  EXPECT_THAT(Ids(rights[0].permissions), ElementsAre(0, 1, 2));
  EXPECT_THAT(Ids(rights[0].ordinary), ElementsAre(0));
  EXPECT_THAT(Ids(rights[1].ordinary), IsEmpty());
  EXPECT_THAT(Ids(rights[3].ordinary), ElementsAre(2, 3));
}

TEST(RoleGraph, TheShortestWay) {
  const auto roles = Roles({{1, 2}, {3}, {4}, {4}, {}, {}});
  BitSet from;
  from.Add(0);
  EXPECT_THAT(InheritancePath(roles, from, 4), ElementsAre(0, 2, 4));
  EXPECT_THAT(InheritancePath(roles, from, 0), ElementsAre(0));
  EXPECT_THAT(InheritancePath(roles, from, 5), IsEmpty());
}

}  // namespace
}  // namespace warden
