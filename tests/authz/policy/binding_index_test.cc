// Which bindings hold for which claims and peers, hostile ones among them.
#include "authz/policy/binding_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"
#include "tests/authz/policy/test_name.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::TestWithParam;

BitSet Role(size_t id) {
  BitSet roles;
  roles.Add(id);
  return roles;
}

std::vector<size_t> Ids(const BitSet& set) {
  std::vector<size_t> ids;
  set.ForEach([&](size_t id) { ids.push_back(id); });
  return ids;
}

CompiledBinding ByClaim(size_t role, ClaimPath path, std::vector<std::string> values,
                        std::string issuer = "") {
  return {Role(role), CompiledBinding::Claim{std::move(path), std::move(values), std::move(issuer)},
          std::nullopt};
}

CompiledBinding ByPeer(size_t role, CompiledBinding::PeerNames names) {
  return {Role(role), std::nullopt, std::move(names)};
}

Peer OrdersPeer() {
  Peer peer;
  peer.spiffe_id = "spiffe://shop.example/orders";
  peer.dns_sans = {"a.example", "orders.example"};
  peer.certificate_sha256 = std::string(64, 'a');
  return peer;
}

std::vector<size_t> RolesOfClaims(const BindingIndex& index, const std::string& claims,
                                  std::string_view issuer = "iss") {
  const nlohmann::json json = nlohmann::json::parse(claims);
  const TokenClaims token{issuer, json};
  return Ids(index.RolesOf(Peer(), &token));
}

struct Claims {
  std::string json;
  bool holds;
};

void PrintTo(const Claims& claims, std::ostream* out) { *out << testing::SafeName(claims.json); }

class AdminClaim : public TestWithParam<Claims> {};

TEST_P(AdminClaim, Holds) {
  const BindingIndex index({ByClaim(0, {"realm", "roles"}, {"admin", "true", "7", "-7"})});
  EXPECT_EQ(!RolesOfClaims(index, GetParam().json).empty(), GetParam().holds) << GetParam().json;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AdminClaim,
    ::testing::Values(
        Claims{R"({"realm":{"roles":"admin"}})", true},
        Claims{R"({"realm":{"roles":["x","admin"]}})", true},
        Claims{R"({"realm":{"roles":true}})", true}, Claims{R"({"realm":{"roles":7}})", true},
        Claims{R"({"realm":{"roles":-7}})", true},
        Claims{R"({"realm":{"roles":[1,null,{},["x"],"admin"]}})", true},
        // Nearly the value.
        Claims{R"({"realm":{"roles":"Admin"}})", false},
        Claims{R"({"realm":{"roles":"admin "}})", false},
        Claims{R"({"realm":{"roles":"admin,x"}})", false},
        Claims{R"({"realm":{"roles":"admin\u0000"}})", false},
        Claims{R"({"realm":{"roles":"adm"}})", false}, Claims{R"({"realm":{"roles":""}})", false},
        // Other types.
        Claims{R"({"realm":{"roles":7.0}})", false},
        Claims{R"({"realm":{"roles":[7,-7,true]}})", false},
        Claims{R"({"realm":{"roles":null}})", false},
        Claims{R"({"realm":{"roles":{"admin":true}}})", false},
        Claims{R"({"realm":{"roles":{"0":"admin"}}})", false},
        Claims{R"({"realm":{"roles":[["admin"]]}})", false},
        Claims{R"({"realm":{"roles":[{"name":"admin"}]}})", false},
        Claims{R"({"realm":{"roles":[]}})", false},
        // Other places.
        Claims{R"({"realm":["roles","admin"]})", false}, Claims{R"({"realm":"admin"})", false},
        Claims{R"({"realm":[{"roles":"admin"}]})", false}, Claims{R"({"roles":"admin"})", false},
        Claims{R"({"realm.roles":"admin"})", false}, Claims{R"({})", false}, Claims{R"([])", false},
        Claims{R"("admin")", false}, Claims{R"(null)", false}));

TEST(BindingIndex, ManyBindingsOnOneClaim) {
  std::vector<CompiledBinding> bindings;
  for (size_t i = 0; i < 300; ++i)
    bindings.push_back(ByClaim(i, {"group"}, {"g" + std::to_string(i), "all"}));
  const BindingIndex index(bindings);
  EXPECT_THAT(RolesOfClaims(index, R"({"group":["g7","g299","g300"]})"), ElementsAre(7, 299));
  EXPECT_EQ(RolesOfClaims(index, R"({"group":"all"})").size(), 300u);
}

TEST(BindingIndex, AnIssuerGivesOnlyItsOwnRoles) {
  const BindingIndex index({ByClaim(0, {"role"}, {"admin"}, "https://a"),
                            ByClaim(1, {"role"}, {"admin"}, "https://b"),
                            ByClaim(2, {"role"}, {"admin"})});
  EXPECT_THAT(RolesOfClaims(index, R"({"role":"admin"})", "https://a"), ElementsAre(0, 2));
  EXPECT_THAT(RolesOfClaims(index, R"({"role":"admin"})", "https://b"), ElementsAre(1, 2));
  EXPECT_THAT(RolesOfClaims(index, R"({"role":"admin"})", "https://a/"), ElementsAre(2));
  EXPECT_THAT(RolesOfClaims(index, R"({"role":"admin"})", ""), ElementsAre(2));
}

TEST(BindingIndex, PeersByEachKindOfName) {
  const BindingIndex index(
      {ByPeer(0, {{"spiffe://shop.example/orders"}, {}, {}}),
       ByPeer(1, {{}, {"orders.example"}, {}}), ByPeer(2, {{}, {}, {std::string(64, 'a')}}),
       ByPeer(3, {{"spiffe://shop.example/other"}, {"b.example"}, {std::string(64, 'b')}})});
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), nullptr)), ElementsAre(0, 1, 2));
  EXPECT_THAT(Ids(index.RolesOf(Peer(), nullptr)), IsEmpty());
}

TEST(BindingIndex, APeersNamesDoNotCrossKinds) {
  const BindingIndex index({ByPeer(0, {{}, {"spiffe://shop.example/orders"}, {"orders.example"}})});
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), nullptr)), IsEmpty());
}

TEST(BindingIndex, NamesWithoutACertificateGiveNothing) {
  const BindingIndex index({ByPeer(0, {{"spiffe://shop.example/orders"}, {}, {}})});
  Peer peer = OrdersPeer();
  peer.certificate_sha256.clear();
  EXPECT_THAT(Ids(index.RolesOf(peer, nullptr)), IsEmpty());
}

TEST(BindingIndex, ABindingByBothNeedsBoth) {
  CompiledBinding both = ByClaim(0, {"role"}, {"admin"});
  both.peer = CompiledBinding::PeerNames{{"spiffe://shop.example/orders"}, {}, {}};
  const BindingIndex index({both});
  const nlohmann::json admin = {{"role", "admin"}};
  const nlohmann::json reader = {{"role", "reader"}};
  const TokenClaims admin_token{"iss", admin};
  const TokenClaims reader_token{"iss", reader};
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), &admin_token)), ElementsAre(0));
  EXPECT_THAT(Ids(index.RolesOf(Peer(), &admin_token)), IsEmpty());
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), &reader_token)), IsEmpty());
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), nullptr)), IsEmpty());
}

TEST(BindingIndex, ABindingWithoutPartsNeverHolds) {
  const BindingIndex index({CompiledBinding{Role(0), std::nullopt, std::nullopt}});
  const nlohmann::json claims = {{"role", "admin"}};
  const TokenClaims token{"iss", claims};
  EXPECT_THAT(Ids(index.RolesOf(OrdersPeer(), &token)), IsEmpty());
}

TEST(ClaimPath, Reads) {
  EXPECT_THAT(*ParseClaimPath("roles"), ElementsAre("roles"));
  EXPECT_THAT(*ParseClaimPath("realm_access.roles"), ElementsAre("realm_access", "roles"));
  EXPECT_THAT(*ParseClaimPath(R"("https://shop.example/roles".a)"),
              ElementsAre("https://shop.example/roles", "a"));
  EXPECT_THAT(*ParseClaimPath(R"(a."b\"\\.c")"), ElementsAre("a", R"(b"\.c)"));
}

TEST(ClaimPath, Refuses) {
  std::string deep = "a";
  for (int i = 0; i < 16; ++i) deep += ".a";
  for (const std::string& path :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"),
        std::string("\""), std::string("\"a"), std::string("\"\""), std::string("\"a\"b"),
        std::string("a\"b\""), std::string("\"a\\n\""), std::string("\"a\\"), deep,
        std::string(513, 'a')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseClaimPath(path).status())) << path;
  }
}

}  // namespace
}  // namespace warden
