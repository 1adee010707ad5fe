// Policies and claims made to exhaust, confuse or open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/authz/policy/policy_testing.h"

namespace warden {
namespace {

using testing::GoodPolicy;
using ::testing::HasSubstr;
using testing::RefusedPolicy;

std::string ManyRoles(size_t count) {
  std::string yaml = "roles:\n";
  for (size_t i = 0; i < count; ++i) absl::StrAppend(&yaml, "  r", i, ": {permissions: [p]}\n");
  return yaml;
}

TEST(PolicyHostile, TooManyOfAnything) {
  EXPECT_NE(GoodPolicy(ManyRoles(Policy::kMostRoles)), nullptr);
  EXPECT_EQ(RefusedPolicy(ManyRoles(Policy::kMostRoles + 1)),
            "policy.yaml:1:1: roles: has 4097 entries; at most 4096 are allowed");
  std::string yaml = "roles: {r: {permissions: [p]}}\nbindings:\n";
  for (size_t i = 0; i <= Policy::kMostBindings; ++i) yaml += "- {roles: [r], scopes: [s]}\n";
  EXPECT_THAT(RefusedPolicy(yaml), HasSubstr("bindings: has 16385 entries; at most 16384"));
  yaml = "roles: {r: {permissions: [p]}}\ndeny:\n";
  for (size_t i = 0; i <= Policy::kMostDenials; ++i) yaml += "- {roles: [r]}\n";
  EXPECT_THAT(RefusedPolicy(yaml), HasSubstr("deny: has 1025 entries; at most 1024"));
  yaml = "roles:\n  r:\n    permissions:\n";
  for (size_t i = 0; i <= Policy::kMostPermissions; ++i) absl::StrAppend(&yaml, "    - p", i, "\n");
  EXPECT_THAT(RefusedPolicy(yaml), HasSubstr("roles: name 16385 permissions; at most 16384"));
}

TEST(PolicyHostile, TenMegabytesAreNotRead) {
  const std::string path =
      (std::filesystem::temp_directory_path() / absl::StrCat("warden-ten-mb-", ::getpid()))
          .string();
  {
    std::ofstream file(path);
    const std::string line = "  # " + std::string(1020, 'x') + "\n";
    file << "roles:\n";
    for (int i = 0; i < 10 * 1024; ++i) file << line;
  }
  const auto policy = Policy::FromFile(path);
  EXPECT_TRUE(absl::IsInvalidArgument(policy.status()));
  EXPECT_THAT(std::string(policy.status().message()), HasSubstr("1048576"));
  std::filesystem::remove(path);
}

TEST(PolicyHostile, WhatYamlCanDoIsRefusedInAPolicy) {
  for (const std::string yaml :
       {"roles:\n\ta: {permissions: [p]}", "roles: &r {a: {permissions: [p]}}",
        "roles:\n  a: &a {permissions: [p]}\n  b: *a", "roles: {a: {permissions: [p]}}\n---\n{}",
        "roles: {a: {permissions: [p]}, a: {permissions: [q]}}", "roles: {a: {permissions: p}}",
        "roles: {a: {permissions: {p: p}}}", "roles: {a: {inherits: b}}", "roles: [a]",
        "roles: {a: {permissions: [p], break_glass: 'yes'}}", "deny: {}", "deny: [[]]",
        "bindings: [{roles: [r], when: []}]", ""}) {
    EXPECT_FALSE(Policy::FromYaml(yaml, "policy.yaml").ok()) << yaml;
  }
  std::string laughs = "a: &a [lol]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    absl::StrAppend(&laughs, std::string(1, c), ": &", std::string(1, c), " [*", before, ", *",
                    before, ", *", before, "]\n");
  }
  EXPECT_THAT(RefusedPolicy(laughs), HasSubstr("anchors"));
}

// Each of 300 roles inherits from all before it: the ways are more than can be walked.
TEST(PolicyHostile, ManyWaysOfInheritanceAreWalkedOnce) {
  std::string yaml = "roles:\n  r0: {permissions: [p]}\n";
  for (size_t i = 1; i < 300; ++i) {
    absl::StrAppend(&yaml, "  r", i, ": {inherits: [");
    for (size_t j = 0; j < i; ++j) absl::StrAppend(&yaml, j == 0 ? "" : ", ", "r", j);
    yaml += "]}\n";
  }
  const auto policy = GoodPolicy(yaml);
  ASSERT_NE(policy, nullptr);
  EXPECT_TRUE(policy->PermissionsOf("r299").Has(*policy->permission_names()->Find("p")));
}

TEST(PolicyHostile, ThousandsOfWildcardsAreResolved) {
  std::string yaml = "roles:\n";
  for (size_t i = 0; i < 2000; ++i) {
    absl::StrAppend(&yaml, "  r", i, ": {permissions: [s", i, ".read, 's", i,
                    ".*', 's.*', '*']}\n");
  }
  const auto policy = GoodPolicy(yaml);
  ASSERT_NE(policy, nullptr);
  EXPECT_TRUE(policy->PermissionsOf("r7").Has(*policy->permission_names()->Find("s1999.read")));
}

TEST(PolicyHostile, ClaimsOfEveryTypeGiveNothing) {
  const auto policy = GoodPolicy(
      "roles: {admin: {permissions: [p]}}\nbindings:\n"
      "  - {roles: [admin], claim: {path: role, values: [admin, '0', '1', 'null', '[]', '{}']}}\n"
      "  - {roles: [admin], claim: {path: a.b.c, values: [admin]}}\n"
      "  - {roles: [admin], scopes: [admin]}");
  for (const std::string claims : {R"({"role":{"admin":true}})",
                                   R"({"role":{"name":"admin"}})",
                                   R"({"role":[0,1]})",
                                   R"({"role":[["admin"]]})",
                                   R"({"role":null})",
                                   R"({"role":[]})",
                                   R"({"role":{}})",
                                   R"({"role":1.0})",
                                   R"({"role":1e0})",
                                   R"({"role":18446744073709551616})",
                                   R"({"role":[{"admin":"admin"},null,false]})",
                                   R"({"role":"ADMIN"})",
                                   R"({"a":{"b":"admin"}})",
                                   R"({"a":{"b":["c","admin"]}})",
                                   R"({"a":{"b":{"c":{}}}})",
                                   R"({"a.b.c":"admin"})",
                                   R"({"scope":["admin"]})",
                                   R"({"scope":{"admin":1}})",
                                   R"({"scope":"administrator"})",
                                   R"({"scope":"admin\u0000"})",
                                   R"({"scope":true})",
                                   R"([])",
                                   R"("admin")",
                                   R"(7)",
                                   R"(null)"}) {
    const nlohmann::json json = nlohmann::json::parse(claims);
    const TokenClaims token{"i", json};
    const CallerRights rights = policy->RightsOf({.token = &token}, BitSet());
    EXPECT_TRUE(rights.roles.empty()) << claims;
    EXPECT_TRUE(rights.permissions.empty()) << claims;
  }
}

}  // namespace
}  // namespace warden
