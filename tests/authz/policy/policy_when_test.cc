// `when` in a policy: bindings and denials that hang on conditions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "authz/policy/access.h"
#include "authz/policy/policy.h"
#include "tests/authz/policy/policy_testing.h"

namespace warden {
namespace {

using testing::Asks;
using testing::DnsPeer;
using testing::GoodPolicy;
using ::testing::HasSubstr;
using testing::RefusedPolicy;

constexpr char kCancel[] = "/shop.v1.Orders/Cancel";
constexpr char kRead[] = "/shop.v1.Orders/Read";
const absl::Time kNoon = absl::FromUnixSeconds(1'700'049'600);  // 2023-11-15T12:00:00Z

// Peers a and b are clerks where `binding` adds nothing; `denial` is a whole item.
std::shared_ptr<const Policy> WithWhen(const std::string& binding, const std::string& denial = "") {
  return GoodPolicy(
      "roles:\n  clerk: {permissions: [orders.cancel, orders.read]}\n"
      "bindings:\n  - {roles: [clerk], peer: {dns_names: [a, b]}" +
      (binding.empty() ? "" : ", when: \"" + binding + "\"") + "}\n" +
      (denial.empty() ? "" : "deny:\n  - " + denial + "\n"));
}

bool Allows(const std::shared_ptr<const Policy>& policy, const std::string& peer,
            const CallFacts& call) {
  const VerifiedCredentials caller{.peer = DnsPeer(peer)};
  const auto principal = policy->MakePrincipal(caller, policy->Where(caller, call));
  const std::string permission = call.method == kRead ? "orders.read" : "orders.cancel";
  return AccessRule::Compile(Asks({permission}), policy, call.method)->Allows(*principal);
}

TEST(PolicyWhen, ABindingHoldsOnlyWhileItsConditionDoes) {
  const auto policy = WithWhen("now.getHours() >= 9 && now.getHours() < 17");
  EXPECT_TRUE(policy->uses_circumstances());
  EXPECT_TRUE(Allows(policy, "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_FALSE(Allows(policy, "a", {"10.0.0.1", kCancel, kNoon + absl::Hours(9)}));
  EXPECT_FALSE(Allows(policy, "c", {"10.0.0.1", kCancel, kNoon})) << "nobody's condition alone";
}

TEST(PolicyWhen, OneThatCannotBeEvaluatedBindsNobody) {
  const auto policy = WithWhen("caller.claims.level > 3");  // no token, no claim
  EXPECT_FALSE(Allows(policy, "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_FALSE(Allows(WithWhen("1 / 0 == 0"), "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(WithWhen("1 / 1 == 1"), "a", {"10.0.0.1", kCancel, kNoon}));
}

TEST(PolicyWhen, ADenialHoldsAlsoWhereItCannotBeEvaluated) {
  const CallFacts call{"10.0.0.1", kCancel, kNoon};
  EXPECT_TRUE(Allows(WithWhen("", "{when: \"peer.dns_names[0] == 'b'\"}"), "a", call));
  EXPECT_FALSE(Allows(WithWhen("", "{when: \"peer.dns_names[0] == 'b'\"}"), "b", call));
  EXPECT_FALSE(Allows(WithWhen("", "{when: \"caller.claims.level > 3\"}"), "a", call));
  EXPECT_FALSE(Allows(WithWhen("", "{when: \"1 / 0 == 0\"}"), "a", call));
}

TEST(PolicyWhen, ADenialMayAskForRolesMethodAndAddress) {
  const auto roles = WithWhen("", "{when: \"'clerk' in caller.roles && method.name == 'Cancel'\"}");
  EXPECT_FALSE(Allows(roles, "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(roles, "a", {"10.0.0.1", kRead, kNoon}));
  const auto address = WithWhen("", "{when: \"peer.address.startsWith('10.')\"}");
  EXPECT_FALSE(Allows(address, "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(address, "a", {"11.0.0.1", kCancel, kNoon}));
}

TEST(PolicyWhen, EveryPartOfADenialMustHold) {
  const auto policy = WithWhen(
      "", "{peer: {dns_names: [a]}, addresses: [10.0.0.0/8], when: \"now.getHours() == 12\"}");
  EXPECT_FALSE(Allows(policy, "a", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(policy, "b", {"10.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(policy, "a", {"11.0.0.1", kCancel, kNoon}));
  EXPECT_TRUE(Allows(policy, "a", {"10.0.0.1", kCancel, kNoon + absl::Hours(1)}));
}

TEST(PolicyWhen, WhereTheCallIsNotKnownConditionsOpenNothing) {
  const auto bound = WithWhen("true");
  const auto nobody = bound->MakePrincipal({.peer = DnsPeer("a")}, bound->Where("10.0.0.1"));
  EXPECT_TRUE(nobody->roles().empty());
  const auto denied = WithWhen("", "{when: \"false\"}");
  const auto caller = denied->MakePrincipal({.peer = DnsPeer("a")}, denied->Where("10.0.0.1"));
  EXPECT_FALSE(AccessRule::Compile(Asks({"orders.read"}), denied, kRead)->Allows(*caller));
}

TEST(PolicyWhen, IsCheckedWithItsPlace) {
  const auto binding = [](const std::string& when) {
    return "roles:\n  clerk: {permissions: [p]}\nbindings:\n"
           "  - {roles: [clerk], peer: {dns_names: [a]}, when: \"" +
           when + "\"}\n";
  };
  EXPECT_THAT(RefusedPolicy(binding("peer.adress == ''")),
              HasSubstr("policy.yaml:4:46: bindings[0].when: at 1:6: "));
  EXPECT_THAT(RefusedPolicy(binding("now")), HasSubstr("bindings[0].when"));
  EXPECT_THAT(RefusedPolicy(binding("'a' in caller.roles")), HasSubstr("bindings[0].when"));
  EXPECT_THAT(RefusedPolicy(binding("request.owner == 'a'")), HasSubstr("bindings[0].when"));
  EXPECT_THAT(RefusedPolicy(binding("method.name == 'Get'")), HasSubstr("use a denial"));
  EXPECT_THAT(RefusedPolicy("roles:\n  clerk: {permissions: [p]}\ndeny:\n  - {when: \"nobody\"}\n"),
              HasSubstr("deny[0].when: at 1:1"));
}

}  // namespace
}  // namespace warden
