// Denials win over whatever roles give.
#include "authz/policy/denial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"
#include "tests/authz/policy/policy_testing.h"

namespace warden {
namespace {

using testing::Asks;
using testing::DnsPeer;
using testing::GoodPolicy;
using ::testing::HasSubstr;
using testing::RefusedPolicy;

constexpr char kRead[] = "/shop.v1.Orders/Read";
constexpr char kCancel[] = "/shop.v1.Orders/Cancel";

// A policy in which `root` may everything, with one denial.
std::shared_ptr<const Policy> WithDenial(const std::string& denial) {
  return GoodPolicy(
      "roles:\n  root: {permissions: ['*']}\n  contractor: {permissions: [none]}\n"
      "  lead: {inherits: [contractor]}\n"
      "bindings:\n  - {roles: [root], peer: {dns_names: [a, b, c, d]}}\n"
      "  - {roles: [contractor], peer: {dns_names: [c]}}\n"
      "  - {roles: [lead], peer: {dns_names: [d]}}\n"
      "deny:\n  - " +
      denial);
}

bool Allows(const std::string& denial, const std::string& peer, std::string_view method,
            std::vector<std::string> asks, const std::string& address = "10.0.0.1") {
  const auto policy = WithDenial(denial);
  const auto caller = policy->MakePrincipal({.peer = DnsPeer(peer)}, policy->Where(address));
  return AccessRule::Compile(Asks(std::move(asks)), policy, method)->Allows(*caller);
}

TEST(Denial, ByPeerForEveryMethod) {
  const std::string denial = "{peer: {dns_names: [a]}}";
  EXPECT_FALSE(Allows(denial, "a", kRead, {"orders.read"}));
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"orders.cancel"}));
  EXPECT_TRUE(Allows(denial, "b", kRead, {"orders.read"}));
}

TEST(Denial, ByPermissionAndWildcard) {
  const std::string denial = "{permissions: [orders.cancel, 'users.*'], peer: {dns_names: [a]}}";
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"orders.cancel"}));
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"orders.read", "orders.cancel"}));
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"users.items.list"}));
  EXPECT_TRUE(Allows(denial, "a", kRead, {"orders.read"}));
  EXPECT_TRUE(Allows(denial, "b", kCancel, {"orders.cancel"}));
}

TEST(Denial, ByMethodAndService) {
  const std::string one = "{methods: [/shop.v1.Orders/Cancel], peer: {dns_names: [a]}}";
  EXPECT_FALSE(Allows(one, "a", kCancel, {"x"}));
  EXPECT_TRUE(Allows(one, "a", kRead, {"x"}));
  const std::string all = "{methods: [/shop.v1.Orders/*], peer: {dns_names: [a]}}";
  EXPECT_FALSE(Allows(all, "a", kCancel, {"x"}));
  EXPECT_FALSE(Allows(all, "a", kRead, {"x"}));
  EXPECT_TRUE(Allows(all, "a", "/shop.v1.OrdersX/Read", {"x"}));
  EXPECT_TRUE(Allows(all, "a", "/shop.v1.Orders.X/Read", {"x"}));
  EXPECT_TRUE(Allows(all, "b", kRead, {"x"}));
}

TEST(Denial, ByRoleAlsoInherited) {
  const std::string denial = "{roles: [contractor], methods: [/shop.v1.Orders/Cancel]}";
  EXPECT_TRUE(Allows(denial, "a", kCancel, {"x"}));
  EXPECT_FALSE(Allows(denial, "c", kCancel, {"x"}));
  EXPECT_FALSE(Allows(denial, "d", kCancel, {"x"})) << "a lead is a contractor";
  EXPECT_TRUE(Allows(denial, "c", kRead, {"x"}));
}

TEST(Denial, ByAddressAndWhereThereIsNone) {
  const std::string denial = "{addresses: [10.0.0.0/8], methods: [/shop.v1.Orders/Cancel]}";
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"x"}, "10.9.9.9"));
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"x"}, "::ffff:10.9.9.9"));
  EXPECT_TRUE(Allows(denial, "a", kCancel, {"x"}, "11.0.0.1"));
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"x"}, "")) << "what cannot be judged is denied";
  EXPECT_FALSE(Allows(denial, "a", kCancel, {"x"}, "unix:/run/x"));
  EXPECT_TRUE(Allows(denial, "a", kRead, {"x"}, "10.9.9.9"));
}

TEST(Denial, EveryPartMustHold) {
  const std::string denial =
      "{roles: [contractor], peer: {dns_names: [a, c]}, addresses: [10.0.0.0/8]}";
  EXPECT_FALSE(Allows(denial, "c", kRead, {"x"}));
  EXPECT_TRUE(Allows(denial, "a", kRead, {"x"})) << "no contractor";
  EXPECT_TRUE(Allows(denial, "d", kRead, {"x"})) << "another peer";
  EXPECT_TRUE(Allows(denial, "c", kRead, {"x"}, "11.0.0.1"));
}

TEST(Denial, ByTokenOfItsIssuer) {
  const auto policy = WithDenial("{claim: {path: dept, values: [x]}, scopes: [s], issuer: i}");
  const nlohmann::json claims = {{"dept", "x"}, {"scope", "r s"}};
  const nlohmann::json other = {{"dept", "x"}, {"scope", "r"}};
  const auto denied = [&](const nlohmann::json& json, std::string_view issuer) {
    const TokenClaims token{issuer, json};
    return !policy->RightsOf({.token = &token}, policy->Where("")).denials.empty();
  };
  EXPECT_TRUE(denied(claims, "i"));
  EXPECT_FALSE(denied(claims, "j"));
  EXPECT_FALSE(denied(other, "i"));
}

TEST(Denial, OfSomeMethodCountsForOneWithoutAName) {
  const std::string denial = "{methods: [/shop.v1.Orders/Cancel], peer: {dns_names: [a]}}";
  EXPECT_FALSE(Allows(denial, "a", "", {"x"}));
  EXPECT_TRUE(Allows(denial, "b", "", {"x"}));
}

// A method whose `authn` leaves certificates out still knows whose connection it is.
TEST(Denial, SeesAPeerThatDoesNotCount) {
  const auto policy = WithDenial("{peer: {dns_names: [a]}}");
  const auto caller = policy->MakePrincipal({.peer = DnsPeer("a"), .peer_counts = false});
  EXPECT_TRUE(caller->roles().empty());
  const AccessRule open =
      *AccessRule::Compile({MethodAccess::Kind::kPublic, {}, {}}, policy, kRead);
  EXPECT_EQ(open.Judge(*caller), AccessVerdict::kDenied);
  EXPECT_TRUE(open.Allows(*policy->MakePrincipal({.peer = DnsPeer("b")})));
}

TEST(Denial, IsNamedToTheOperator) {
  const auto policy = WithDenial(
      "{description: no contractors, roles: [contractor]}\n  - {peer: {dns_names: [c]}}");
  const AccessRule rule = *AccessRule::Compile(Asks({"x"}), policy, kRead);
  EXPECT_EQ(rule.WhyDenied(*policy->MakePrincipal(DnsPeer("c"), nullptr)),
            "denied by policy.yaml:10:5 (no contractors); denied by policy.yaml:11:5");
  EXPECT_EQ(rule.WhyDenied(*policy->MakePrincipal(DnsPeer("d"), nullptr)),
            "denied by policy.yaml:10:5 (no contractors)");
  EXPECT_EQ(rule.WhyDenied(*policy->MakePrincipal(DnsPeer("a"), nullptr)), "");
}

// Ids of one version mean nothing to the other.
TEST(Denial, APrincipalOfAnotherVersionIsDeniedWhereEitherHasOne) {
  const std::string yaml =
      "roles: {r: {permissions: [x]}}\nbindings: [{roles: [r], peer: {dns_names: [a]}}]\n";
  const auto without = GoodPolicy(yaml);
  const auto with = GoodPolicy(yaml + "deny: [{peer: {dns_names: [a]}, methods: [/s.S/M]}]");
  const auto old_caller = without->MakePrincipal(DnsPeer("a"), nullptr);
  const auto new_caller = with->MakePrincipal(DnsPeer("a"), nullptr);
  EXPECT_FALSE(AccessRule::Compile(Asks({"x"}), with, "/s.S/M")->Allows(*old_caller));
  EXPECT_FALSE(AccessRule::Compile(Asks({"x"}), without, "/s.S/M")->Allows(*new_caller));
  EXPECT_TRUE(AccessRule::Compile(Asks({"x"}), with, "/s.S/Other")->Allows(*old_caller));
}

TEST(DenialRefused, Naming) {
  const std::string role = "roles: {r: {permissions: [p]}}\ndeny:\n  - ";
  EXPECT_EQ(RefusedPolicy(role + "{}"),
            "policy.yaml:3:5: deny[0]: denies everybody; set one or more of `roles`, `claim`, "
            "`scopes`, `peer`, `api_key`, `addresses` and `when`");
  EXPECT_EQ(RefusedPolicy(role + "{methods: [/a.B/C]}"),
            "policy.yaml:3:5: deny[0]: denies everybody; set one or more of `roles`, `claim`, "
            "`scopes`, `peer`, `api_key`, `addresses` and `when`");
  EXPECT_EQ(RefusedPolicy(role + "{roles: [rr]}"),
            "policy.yaml:3:14: deny[0].roles[0]: there is no role `rr`; did you mean `r`?");
  EXPECT_THAT(RefusedPolicy(role + "{roles: [r], issuer: x}"), HasSubstr("deny[0].issuer: limits"));
  EXPECT_THAT(RefusedPolicy(role + "{roles: [r], permissions: ['a*']}"),
              HasSubstr("deny[0].permissions[0]: `a*` is not a valid wildcard"));
  for (const char* method : {"Cancel", "/Cancel", "shop.v1.Orders/Cancel", "/shop.v1.Orders/",
                             "/shop.v1.Orders", "//Cancel", "/shop.v1.Orders/C*", "/*", "/*/*",
                             "/shop..v1/Cancel", "/shop.v1.*/Cancel", "/shop/v1/Cancel", "*"}) {
    EXPECT_FALSE(IsMethodPattern(method)) << method;
    EXPECT_THAT(RefusedPolicy(role + "{roles: [r], methods: ['" + method + "']}"),
                HasSubstr("deny[0].methods[0]: "));
  }
}

TEST(DenialCheck, WhatDeniesNothingIsAnError) {
  const auto policy = GoodPolicy(
      "roles: {r: {permissions: ['*']}}\ndeny:\n"
      "  - {roles: [r], permissions: [orders.cancel, orders.cancle, 'users.*']}\n"
      "  - {roles: [r], methods: [/shop.v1.Orders/Cancel, /shop.v1.Orders/Cancle, "
      "/shop.v1.Order/*]}");
  const MethodAccess cancel = Asks({"orders.cancel"});
  const MethodAccess open{MethodAccess::Kind::kPublic, {}, {}};
  EXPECT_EQ(std::string(policy->CheckDenials({{kCancel, &cancel}, {kRead, &open}}).message()),
            "policy.yaml:3:47: deny[0].permissions[1]: denies nothing: no method of the server "
            "asks for `orders.cancle`; did you mean `orders.cancel`?\n"
            "policy.yaml:3:62: deny[0].permissions[2]: denies nothing: no method of the server "
            "asks for `users.*`\n"
            "policy.yaml:4:52: deny[1].methods[1]: denies nothing: the server has no method "
            "`/shop.v1.Orders/Cancle`; did you mean `/shop.v1.Orders/Cancel`?\n"
            "policy.yaml:4:76: deny[1].methods[2]: denies nothing: the server has no method "
            "`/shop.v1.Order/*`; did you mean `/shop.v1.Orders/*`?");
}

TEST(DenialCheck, IssuersAndKeysMustBeThere) {
  const auto policy = GoodPolicy(
      "roles: {r: {permissions: [p]}}\ndeny:\n  - {scopes: [s]}\n  - {scopes: [s], issuer: i}\n"
      "  - {api_key: {ids: [key]}}");
  EXPECT_EQ(std::string(policy->CheckIssuers({"j", "k"}).message()),
            "policy.yaml:4:19: deny[1].issuer: the server does not trust the issuer `i`; did you "
            "mean `j`?")
      << "one without issuer is about the tokens of all";
  EXPECT_THAT(std::string(policy->CheckIssuers({}).message()),
              HasSubstr("deny[0]: can never hold"));
  EXPECT_THAT(std::string(policy->CheckApiKeys(false).message()), HasSubstr("deny[2].api_key"));
  EXPECT_TRUE(policy->CheckApiKeys(true).ok());
}

}  // namespace
}  // namespace warden
