// What a policy file must mean to be taken.
#include "authz/policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/principal.h"
#include "tests/authz/policy/test_name.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::TestWithParam;

constexpr char kShop[] = R"(
roles:
  order-reader:
    permissions: [orders.read]
  order-admin:
    description: May cancel
    permissions: [orders.read, orders.cancel]
  idle:
    permissions: [never.used]
bindings:
  - roles: [order-reader]
    claim: {path: roles, values: [reader]}
  - roles: [order-admin, order-reader]
    peer: {spiffe_ids: ["spiffe://shop.example/ns/ops/sa/admin"]}
)";

std::shared_ptr<const Policy> Good(std::string_view yaml) {
  absl::StatusOr<std::shared_ptr<const Policy>> policy = Policy::FromYaml(yaml, "policy.yaml");
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *policy : nullptr;
}

std::string Refused(std::string_view yaml) {
  const auto policy = Policy::FromYaml(yaml, "policy.yaml");
  EXPECT_TRUE(absl::IsInvalidArgument(policy.status())) << policy.status();
  return std::string(policy.status().message());
}

TEST(Policy, KnowsItsRolesAndPermissions) {
  const auto policy = Good(kShop);
  EXPECT_THAT(policy->roles(), ElementsAre("idle", "order-admin", "order-reader"));
  EXPECT_THAT(policy->permissions(), ElementsAre("never.used", "orders.cancel", "orders.read"));
  EXPECT_TRUE(policy->GrantsAnywhere("orders.cancel"));
  EXPECT_FALSE(policy->GrantsAnywhere("orders.cance"));
  EXPECT_FALSE(policy->GrantsAnywhere(""));
  EXPECT_TRUE(
      policy->PermissionsOf("order-admin").Has(*policy->permission_names()->Find("orders.cancel")));
  EXPECT_FALSE(policy->PermissionsOf("order-reader")
                   .Has(*policy->permission_names()->Find("orders.cancel")));
  EXPECT_TRUE(BitSet().HasAll(policy->PermissionsOf("nobody")));
  EXPECT_THAT(policy->UnboundRoles(), ElementsAre("idle"));
  EXPECT_EQ(policy->PlaceOfRole("idle"), "policy.yaml:8:3");
  EXPECT_EQ(policy->PlaceOfPermission("orders.cancel"), "policy.yaml:7:32");
  EXPECT_EQ(policy->PlaceOfPermission("unknown"), "policy.yaml");
}

TEST(Policy, VersionIsTheHashOfTheBytes) {
  // SHA-256 of "{}".
  EXPECT_EQ(Good("{}")->sha256(),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_NE(Good("{} ")->sha256(), Good("{}")->sha256());
}

TEST(Policy, GivesRolesByPeerWithoutToken) {
  const auto policy = Good(kShop);
  auto peer = std::make_shared<Peer>();
  peer->spiffe_id = "spiffe://shop.example/ns/ops/sa/admin";
  peer->certificate_sha256 = std::string(64, 'a');
  const auto principal = policy->MakePrincipal(peer, nullptr);
  EXPECT_THAT(principal->roles(), ElementsAre("order-admin", "order-reader"));
  EXPECT_THAT(principal->permissions(), ElementsAre("orders.cancel", "orders.read"));
  EXPECT_TRUE(principal->HasRole("order-admin"));
  EXPECT_FALSE(principal->HasRole("idle"));
  EXPECT_FALSE(principal->HasRole(""));
  EXPECT_TRUE(principal->HasPermission("orders.cancel"));
  EXPECT_FALSE(principal->HasPermission("never.used"));
  EXPECT_FALSE(principal->HasPermission("unknown"));
  EXPECT_TRUE(principal->authenticated());
  EXPECT_EQ(principal->name(), "spiffe://shop.example/ns/ops/sa/admin");
  EXPECT_EQ(principal->issuer(), "");
  EXPECT_EQ(principal->token(), nullptr);
}

TEST(Policy, AnonymousCallersHaveNothing) {
  const auto principal = Good(kShop)->MakePrincipal(nullptr, nullptr);
  EXPECT_FALSE(principal->authenticated());
  EXPECT_THAT(principal->roles(), IsEmpty());
  EXPECT_THAT(principal->permissions(), IsEmpty());
  EXPECT_EQ(principal->name(), "anonymous");
  EXPECT_EQ(principal->subject(), "");
  EXPECT_FALSE(principal->peer().has_certificate());
}

TEST(Policy, APrincipalOutlivesItsPolicy) {
  auto policy = Good(kShop);
  auto peer = std::make_shared<Peer>();
  peer->spiffe_id = "spiffe://shop.example/ns/ops/sa/admin";
  peer->certificate_sha256 = std::string(64, 'a');
  const auto principal = policy->MakePrincipal(std::move(peer), nullptr);
  policy.reset();
  EXPECT_TRUE(principal->HasPermission("orders.cancel"));
  EXPECT_THAT(principal->permissions(), ElementsAre("orders.cancel", "orders.read"));
}

struct Bad {
  std::string yaml;
  std::string error;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << testing::SafeName(bad.yaml); }

class PolicyRefuses : public TestWithParam<Bad> {};

TEST_P(PolicyRefuses, Naming) { EXPECT_EQ(Refused(GetParam().yaml), GetParam().error); }

constexpr char kGrammarText[] =
    " is not a valid name; use lower-case letters, digits, `_` and `-`, in parts joined by `.`, "
    "`:` or `/`, each part "
    "beginning and ending with a letter or digit, 128 bytes at most";
// A role to bind, in line 1.
constexpr char kRole[] = "roles: {r: {permissions: [p]}}\n";

INSTANTIATE_TEST_SUITE_P(
    Roles, PolicyRefuses,
    ::testing::Values(
        Bad{"roles:\n  Admin: {permissions: [a]}",
            std::string("policy.yaml:2:3: roles.Admin: `Admin`") + kGrammarText},
        Bad{"roles:\n  a: {permissions: []}",
            "policy.yaml:2:3: roles.a: gives no permissions; list at least one, or remove the "
            "role"},
        Bad{"roles:\n  a: {description: x}",
            "policy.yaml:2:3: roles.a: gives no permissions; list at least one, or remove the "
            "role"},
        Bad{"roles:\n  a:\n    permissions:\n      - x\n      - orders*",
            "policy.yaml:5:9: roles.a.permissions[1]: `orders*` is not a valid wildcard; `*` "
            "stands alone, or at the end after a `.`, `:` or `/`: `orders.*`"},
        Bad{"roles:\n  a: {permissions: [x, y, x]}",
            "policy.yaml:2:27: roles.a.permissions[2]: `x` is a duplicate of item 0; remove it"},
        Bad{"roles:\n  a: {permissions: [x, '']}",
            "policy.yaml:2:24: roles.a.permissions[1]: is empty"},
        Bad{"roles:\n  a: {permissions: [x]}\n  a: {permissions: [y]}",
            "policy.yaml:3:3: roles.a: duplicate key; it stands first in line 2"},
        Bad{"roles:\n  a.b: {}",
            "policy.yaml:2:3: roles[\"a.b\"]: gives no permissions; list at least one, or remove "
            "the role"}));

INSTANTIATE_TEST_SUITE_P(
    Bindings, PolicyRefuses,
    ::testing::Values(
        Bad{std::string(kRole) + "bindings:\n  - {}",
            "policy.yaml:3:5: bindings[0]: gives no roles; list at least one\n"
            "policy.yaml:3:5: bindings[0]: binds to nobody; set one or more of `claim`, `scopes`, "
            "`peer` and `api_key`"},
        Bad{std::string(kRole) +
                "bindings:\n  - roles: [r, rr, zzz, r]\n    claim: {path: a, values: [b]}",
            "policy.yaml:3:16: bindings[0].roles[1]: there is no role `rr`; did you mean `r`?\n"
            "policy.yaml:3:20: bindings[0].roles[2]: there is no role `zzz`\n"
            "policy.yaml:3:25: bindings[0].roles[3]: `r` is a duplicate of item 0; remove it"},
        Bad{std::string(kRole) + "bindings:\n  - roles: [r]\n    claim: {}",
            "policy.yaml:4:5: bindings[0].claim.path: the path is empty; name the claim\n"
            "policy.yaml:4:5: bindings[0].claim: has no values; list at least one"},
        Bad{std::string(kRole) +
                "bindings:\n  - roles: [r]\n    claim:\n      path: a..b\n      values: [x, x, '']",
            "policy.yaml:5:7: bindings[0].claim.path: the path has an empty name\n"
            "policy.yaml:6:19: bindings[0].claim.values[1]: `x` is a duplicate of item 0; remove "
            "it\n"
            "policy.yaml:6:22: bindings[0].claim.values[2]: is empty"},
        Bad{std::string(kRole) + "bindings:\n  - roles: [r]\n    peer: {}",
            "policy.yaml:4:5: bindings[0].peer: names no peer; set `spiffe_ids`, `dns_names`, "
            "`certificate_sha256` or `common_names`"},
        Bad{std::string(kRole) +
                "bindings:\n  - roles: [r]\n    peer: {dns_names: [a.example]}\n    issuer: x",
            "policy.yaml:5:5: bindings[0].issuer: limits `claim` and `scopes`, but neither is "
            "here"},
        Bad{std::string(kRole) + "bindings:\n  - roles: [r]\n    peer: {dns_names: ['*.example', "
                                 "A.example, a..b, -a, a.example.]}",
            "policy.yaml:4:24: bindings[0].peer.dns_names[0]: `*.example` has a wildcard; names "
            "are compared exactly\n"
            "policy.yaml:4:37: bindings[0].peer.dns_names[1]: `A.example` is not a DNS name in "
            "lower case\n"
            "policy.yaml:4:48: bindings[0].peer.dns_names[2]: `a..b` is not a DNS name in lower "
            "case\n"
            "policy.yaml:4:54: bindings[0].peer.dns_names[3]: `-a` is not a DNS name in lower "
            "case\n"
            "policy.yaml:4:58: bindings[0].peer.dns_names[4]: `a.example.` is not a DNS name in "
            "lower case"},
        Bad{std::string(kRole) +
                "bindings:\n  - roles: [r]\n    peer: {certificate_sha256: ['AB:CD']}",
            "policy.yaml:4:33: bindings[0].peer.certificate_sha256[0]: `AB:CD` is not a SHA-256: "
            "64 lower-case hexadecimal "
            "digits, without colons"}));

TEST(PolicyProblems, SpiffeIdsAreChecked) {
  for (const std::string id :
       {"spiffe://", "spiffe://Shop.example/a", "https://shop.example/a",
        "spiffe://shop.example/a/", "SPIFFE://shop.example/a", "spiffe://shop.example/../a"}) {
    EXPECT_THAT(Refused(std::string(kRole) +
                        "bindings:\n  - roles: [r]\n    peer: {spiffe_ids: ['" + id + "']}"),
                HasSubstr("policy.yaml:4:25: bindings[0].peer.spiffe_ids[0]: `" + id +
                          "` is not a SPIFFE ID: "));
  }
}

TEST(PolicyProblems, AreListedTogether) {
  const std::string error = Refused(
      "roles:\n  B: {permissions: [X]}\n  a: {}\nbindings:\n  - roles: [c]\n    claim: {path: '', "
      "values: []}\n");
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 5) << error;
}

TEST(PolicyIssuers, OneTrustedIssuerNeedsNoNames) {
  const std::string issuer = "https://a.example";
  const auto policy = Good(kShop);
  EXPECT_TRUE(policy->CheckIssuers({issuer}).ok());
  EXPECT_EQ(std::string(policy->CheckIssuers({}).message()),
            "policy.yaml:11:5: bindings[0]: can never hold: the server trusts no issuer of tokens");
  EXPECT_EQ(std::string(policy->CheckIssuers({issuer, "https://b.example"}).message()),
            "policy.yaml:11:5: bindings[0]: needs an `issuer`: the server trusts 2 issuers, and "
            "each of them could give "
            "these roles");
}

TEST(PolicyIssuers, NamedIssuersMustBeTrusted) {
  const auto policy = Good(std::string(kRole) +
                           "bindings:\n  - roles: [r]\n    issuer: https://a.example\n    claim: "
                           "{path: a, values: [b]}");
  EXPECT_TRUE(policy->CheckIssuers({"https://b.example", "https://a.example"}).ok());
  EXPECT_EQ(std::string(policy->CheckIssuers({"https://b.example"}).message()),
            "policy.yaml:4:5: bindings[0].issuer: the server does not trust the issuer "
            "`https://a.example`; did you mean "
            "`https://b.example`?");
}

TEST(Policy, FromFileNamesWhatCannotBeRead) {
  EXPECT_TRUE(absl::IsNotFound(Policy::FromFile("/nonexistent/policy.yaml").status()));
}

}  // namespace
}  // namespace warden
