// What roles give: by inheritance, by wildcards, by breaking glass, and to whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/policy/access.h"
#include "authz/policy/policy.h"
#include "tests/authz/policy/policy_testing.h"

namespace warden {
namespace {

using testing::Asks;
using testing::DnsPeer;
using ::testing::ElementsAre;
using testing::GoodPolicy;
using ::testing::IsEmpty;
using testing::RefusedPolicy;

constexpr char kShop[] = R"(
roles:
  reader: {permissions: [orders.read]}
  clerk: {inherits: [reader], permissions: [orders.cancel]}
  boss: {inherits: [clerk]}
  all-orders: {permissions: ["orders.*"]}
  root: {permissions: ["*"]}
  emergency: {permissions: [orders.cancel, orders.purge], break_glass: true}
  on-call: {inherits: [reader, emergency]}
bindings:
  - {roles: [reader], peer: {dns_names: [reader]}}
  - {roles: [boss], peer: {dns_names: [boss]}}
  - {roles: [all-orders], peer: {dns_names: [all-orders]}}
  - {roles: [root], peer: {dns_names: [root]}}
  - {roles: [on-call], peer: {dns_names: [on-call]}}
  - {roles: [emergency, clerk], peer: {dns_names: [both]}}
  - {roles: [reader], peer: {dns_names: [near]}, addresses: [10.0.0.0/8, "2001:db8::/32"]}
)";

class Roles : public ::testing::Test {
 protected:
  std::shared_ptr<const Principal> Caller(const std::string& name) {
    return policy_->MakePrincipal(DnsPeer(name), nullptr);
  }
  AccessRule Rule(const MethodAccess& access) { return *AccessRule::Compile(access, policy_); }

  std::shared_ptr<const Policy> policy_ = GoodPolicy(kShop);
};

TEST_F(Roles, AreInheritedWithTheirPermissions) {
  const auto boss = Caller("boss");
  EXPECT_THAT(boss->roles(), ElementsAre("boss", "clerk", "reader"));
  EXPECT_THAT(boss->permissions(), ElementsAre("orders.cancel", "orders.read"));
  EXPECT_TRUE(boss->HasRole("reader"));
  EXPECT_TRUE(Rule(Asks({"orders.read", "orders.cancel"})).Allows(*boss));
  EXPECT_THAT(policy_->UnboundRoles(), IsEmpty()) << "clerk is bound by boss";
  EXPECT_TRUE(
      policy_->PermissionsOf("boss").Has(*policy_->permission_names()->Find("orders.read")));
}

// No role names orders.archive or users.list: only methods do.
TEST_F(Roles, AWildcardGivesWhatOnlyAMethodNames) {
  const auto orders = Caller("all-orders");
  EXPECT_TRUE(Rule(Asks({"orders.archive", "orders.read"})).Allows(*orders));
  EXPECT_TRUE(Rule(Asks({"orders.items.read"})).Allows(*orders));
  EXPECT_TRUE(Rule(Asks({}, {"users.list", "orders.archive"})).Allows(*orders));
  EXPECT_FALSE(Rule(Asks({"users.list"})).Allows(*orders));
  EXPECT_FALSE(Rule(Asks({"orders.archive", "users.list"})).Allows(*orders));
  EXPECT_FALSE(Rule(Asks({"orders"})).Allows(*orders));
  EXPECT_FALSE(Rule(Asks({"orders-x.read"})).Allows(*orders));
  EXPECT_EQ(Rule(Asks({"users.list"})).WhyDenied(*orders), "lacks users.list");
  EXPECT_TRUE(Rule(Asks({"users.list", "orders.archive", "x"})).Allows(*Caller("root")));
  EXPECT_FALSE(Rule(Asks({"orders.archive"})).Allows(*Caller("reader")));
  EXPECT_TRUE(orders->HasPermission("orders.purge"));
  EXPECT_TRUE(orders->HasPermission("orders.whatever"));
  EXPECT_FALSE(orders->HasPermission("orders"));
  EXPECT_FALSE(orders->HasPermission("orders."));
  EXPECT_FALSE(orders->HasPermission("ordersx.read"));
  EXPECT_FALSE(Caller("reader")->HasPermission("orders.whatever"));
  EXPECT_FALSE(Caller("root")->HasPermission("")) << "not a name";
  EXPECT_FALSE(Caller("root")->HasPermission("Orders.Read")) << "not a name";
}

TEST(WildcardsOfAPolicy, GiveWhatTheyStandForAndNoMore) {
  const auto policy = GoodPolicy("roles: {r: {permissions: ['orders.*', 'users:list']}}");
  EXPECT_TRUE(policy->GrantsAnywhere("orders.read"));
  EXPECT_TRUE(policy->GrantsAnywhere("users:list"));
  EXPECT_FALSE(policy->GrantsAnywhere("users:lists"));
  EXPECT_FALSE(policy->GrantsAnywhere("orders"));
  EXPECT_FALSE(AccessRule::Compile(Asks({"users:lists"}), policy).ok());
  EXPECT_FALSE(AccessRule::Compile(Asks({"orders.read"}, {"users.list"}), policy).ok());
  EXPECT_EQ(policy->PlaceOfPermission("orders.read"), "policy.yaml:1:27");
}

TEST_F(Roles, BreakingGlassIsTold) {
  const auto on_call = Caller("on-call");
  EXPECT_EQ(Rule(Asks({"orders.read"})).Judge(*on_call), AccessVerdict::kAllowed);
  const AccessRule purge = Rule(Asks({"orders.purge"}));
  EXPECT_EQ(purge.Judge(*on_call), AccessVerdict::kAllowedByBreakGlass);
  EXPECT_TRUE(purge.Allows(*on_call));
  EXPECT_EQ(purge.WhyBreakGlass(*on_call), "break-glass role emergency at policy.yaml:8:3");
  EXPECT_EQ(purge.WhyDenied(*on_call), "");
  // An ordinary role that gives the same needs no broken glass.
  EXPECT_EQ(Rule(Asks({"orders.cancel"})).Judge(*Caller("both")), AccessVerdict::kAllowed);
  EXPECT_EQ(Rule(Asks({"orders.read"}, {"orders.purge"})).Judge(*Caller("both")),
            AccessVerdict::kAllowedByBreakGlass);
  EXPECT_EQ(Rule({MethodAccess::Kind::kAuthenticated, {}, {}}).Judge(*on_call),
            AccessVerdict::kAllowed);
}

TEST_F(Roles, HangOnTheAddressWhereTheBindingSaysSo) {
  const auto roles_at = [&](const std::string& address) {
    const auto caller = policy_->MakePrincipal({.peer = DnsPeer("near")}, policy_->Where(address));
    return std::vector<std::string>(caller->roles().begin(), caller->roles().end());
  };
  EXPECT_THAT(roles_at("10.1.2.3"), ElementsAre("reader"));
  EXPECT_THAT(roles_at("::ffff:10.1.2.3"), ElementsAre("reader"));
  EXPECT_THAT(roles_at("2001:db8::7"), ElementsAre("reader"));
  for (const std::string address : {"11.1.2.3", "2001:db9::7", "", "unix:/run/x", "10.1.2",
                                    "10.1.2.3.4", "localhost", "10.1.2.3/8"}) {
    EXPECT_THAT(roles_at(address), IsEmpty()) << address;
  }
  EXPECT_THAT(Caller("near")->roles(), IsEmpty());
}

struct Bad {
  const char* yaml;
  const char* error;
};

TEST(RolesRefused, Naming) {
  const Bad rows[] = {
      {"roles:\n  a: {inherits: [a]}",
       "policy.yaml:2:7: roles.a.inherits: the role inherits from itself: a -> a (a at "
       "policy.yaml:2:3)"},
      {"roles:\n  a: {inherits: [b]}\n  b: {inherits: [c]}\n  c: {inherits: [a]}",
       "policy.yaml:2:7: roles.a.inherits: the role inherits from itself: a -> b -> c -> a (a at "
       "policy.yaml:2:3, b at policy.yaml:3:3, c at policy.yaml:4:3)"},
      {"roles:\n  a: {inherits: [b]}",
       "policy.yaml:2:18: roles.a.inherits[0]: there is no role `b`; did you mean `a`?"},
      {"roles:\n  a: {permissions: [x]}\n  b: {inherits: [a, a]}",
       "policy.yaml:3:21: roles.b.inherits[1]: `a` is a duplicate of item 0; remove it"},
      {"roles:\n  a: {permissions: ['**']}",
       "policy.yaml:2:21: roles.a.permissions[0]: `**` is not a valid wildcard; `*` stands alone, "
       "or at the end after a `.`, `:` or `/`: `orders.*`"},
      {"roles:\n  a: {permissions: ['orders.*.read']}",
       "policy.yaml:2:21: roles.a.permissions[0]: `orders.*.read` is not a valid wildcard; `*` "
       "stands alone, or at the end after a `.`, `:` or `/`: `orders.*`"},
      {"roles: {a: {permissions: [x]}}\nbindings:\n  - {roles: [a], addresses: [10.0.0.0/8]}",
       "policy.yaml:3:5: bindings[0]: binds to nobody; set one or more of `claim`, `scopes`, "
       "`peer` and `api_key`"},
      {"roles: {a: {permissions: [x]}}\nbindings:\n  - {roles: [a], scopes: ['a b', \"a\\\\b\"]}",
       "policy.yaml:3:27: bindings[0].scopes[0]: `a b` is not a scope: printable ASCII without "
       "spaces, quotes and backslashes\n"
       "policy.yaml:3:34: bindings[0].scopes[1]: `a\\\\b` is not a scope: printable ASCII without "
       "spaces, quotes and backslashes"},
  };
  for (const Bad& row : rows) EXPECT_EQ(RefusedPolicy(row.yaml), row.error);
}

TEST(RolesRefused, AddressRangesAndPatternsAreChecked) {
  const std::string error = RefusedPolicy(
      "roles: {a: {permissions: [x]}}\nbindings:\n  - roles: [a]\n"
      "    peer: {spiffe_ids: ['spiffe://shop.example/**/x', 'spiffe://*/x', 'spiffe://a.b']}\n"
      "    addresses: [10.0.0.1/8, ten, 10.0.0.0/33, '']\n");
  for (const char* place : {"spiffe_ids[0]", "spiffe_ids[1]", "addresses[0]", "addresses[1]",
                            "addresses[2]", "addresses[3]"}) {
    EXPECT_THAT(error, ::testing::HasSubstr(std::string(place) + ": ")) << error;
  }
}

}  // namespace
}  // namespace warden
