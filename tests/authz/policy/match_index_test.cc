// Which bindings hold for which claims and peers, hostile ones among them.
#include "authz/policy/match_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"
#include "tests/authz/policy/test_name.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::TestWithParam;

std::vector<size_t> Ids(const BitSet& set) {
  std::vector<size_t> ids;
  set.ForEach([&](size_t id) { ids.push_back(id); });
  return ids;
}

CallerMatch ByClaim(ClaimPath path, std::vector<std::string> values, std::string issuer = "") {
  CallerMatch match;
  match.claim = CallerMatch::Claim{std::move(path), std::move(values)};
  match.issuer = std::move(issuer);
  return match;
}

CallerMatch ByPeer(CallerMatch::PeerNames names) {
  CallerMatch match;
  match.peer = std::move(names);
  return match;
}

MatchIndex Index(const std::vector<CallerMatch>& matches) {
  return {matches, MatchIndex::Nameless::kNever};
}

Peer OrdersPeer() {
  Peer peer;
  peer.spiffe_id = "spiffe://shop.example/orders";
  peer.dns_sans = {"a.example", "orders.example"};
  peer.common_name = "Orders";
  peer.certificate_sha256 = std::string(64, 'a');
  return peer;
}

// What holds for a caller, found twice: by the index, and by trying each match.
std::vector<size_t> Holding(const std::vector<CallerMatch>& matches, const CallerFacts& caller,
                            const BitSet& where = {}) {
  const std::vector<size_t> found = Ids(Index(matches).Holding(caller, where));
  std::vector<size_t> tried;
  for (size_t i = 0; i < matches.size(); ++i) {
    if (matches[i].NamesCaller() && ExamineMatch(matches[i], caller, where).all()) {
      tried.push_back(i);
    }
  }
  EXPECT_EQ(found, tried);
  return found;
}

std::vector<size_t> OfClaims(const std::vector<CallerMatch>& matches, const std::string& claims,
                             std::string_view issuer = "iss") {
  const nlohmann::json json = nlohmann::json::parse(claims);
  const TokenClaims token{issuer, json};
  return Holding(matches, {.token = &token});
}

std::vector<size_t> OfPeer(const std::vector<CallerMatch>& matches, const Peer& peer,
                           const TokenClaims* token = nullptr) {
  return Holding(matches, {.peer = &peer, .token = token});
}

struct Claims {
  std::string json;
  bool holds;
};

void PrintTo(const Claims& claims, std::ostream* out) { *out << testing::SafeName(claims.json); }

class AdminClaim : public TestWithParam<Claims> {};

TEST_P(AdminClaim, Holds) {
  const std::vector<CallerMatch> matches = {
      ByClaim({"realm", "roles"}, {"admin", "true", "7", "-7"})};
  EXPECT_EQ(!OfClaims(matches, GetParam().json).empty(), GetParam().holds) << GetParam().json;
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

TEST(MatchIndex, ManyMatchesOnOneClaim) {
  std::vector<CallerMatch> matches;
  for (size_t i = 0; i < 300; ++i) {
    matches.push_back(ByClaim({"group"}, {"g" + std::to_string(i), "all"}));
  }
  EXPECT_THAT(OfClaims(matches, R"({"group":["g7","g299","g300"]})"), ElementsAre(7, 299));
  EXPECT_EQ(OfClaims(matches, R"({"group":"all"})").size(), 300u);
}

TEST(MatchIndex, AnIssuerIsBelievedOnlyWhereItIsMeant) {
  const std::vector<CallerMatch> matches = {ByClaim({"role"}, {"admin"}, "https://a"),
                                            ByClaim({"role"}, {"admin"}, "https://b"),
                                            ByClaim({"role"}, {"admin"})};
  EXPECT_THAT(OfClaims(matches, R"({"role":"admin"})", "https://a"), ElementsAre(0, 2));
  EXPECT_THAT(OfClaims(matches, R"({"role":"admin"})", "https://b"), ElementsAre(1, 2));
  EXPECT_THAT(OfClaims(matches, R"({"role":"admin"})", "https://a/"), ElementsAre(2));
  EXPECT_THAT(OfClaims(matches, R"({"role":"admin"})", ""), ElementsAre(2));
}

// `scope` as RFC 8693 section 4.2 has it, and as it does not.
TEST(MatchIndex, ScopesOfTheToken) {
  CallerMatch read;
  read.scopes = {"orders:read", "orders:all"};
  CallerMatch of_a = read;
  of_a.issuer = "https://a";
  const std::vector<CallerMatch> matches = {read, of_a};
  EXPECT_THAT(OfClaims(matches, R"({"scope":"openid orders:read"})"), ElementsAre(0));
  EXPECT_THAT(OfClaims(matches, R"({"scope":"orders:all"})", "https://a"), ElementsAre(0, 1));
  EXPECT_THAT(OfClaims(matches, R"({"scope":"  orders:all  x "})"), ElementsAre(0));
  for (const std::string claims :
       {R"({})", R"({"scope":""})", R"({"scope":" "})", R"({"scope":"orders:reader"})",
        R"({"scope":"Orders:read"})", R"({"scope":"orders:read\tx"})",
        R"({"scope":["orders:read"]})", R"({"scope":{"orders:read":true}})", R"({"scope":7})",
        R"({"scope":null})", R"({"scp":"orders:read"})", R"([])", R"("orders:read")"}) {
    EXPECT_THAT(OfClaims(matches, claims), IsEmpty()) << claims;
  }
}

TEST(MatchIndex, PeersByEachKindOfName) {
  const std::vector<CallerMatch> matches = {
      ByPeer({.spiffe_ids = {"spiffe://shop.example/orders"}}),
      ByPeer({.dns_names = {"orders.example"}}),
      ByPeer({.certificate_sha256 = {std::string(64, 'a')}}),
      ByPeer({.common_names = {"Orders"}}),
      ByPeer({.spiffe_ids = {"spiffe://shop.example/*"}}),
      ByPeer({.spiffe_ids = {"spiffe://shop.example/**"}}),
      ByPeer({.spiffe_ids = {"spiffe://shop.example/other", "spiffe://shop.example/*/orders",
                             "spiffe://other.example/**"},
              .dns_names = {"b.example"},
              .certificate_sha256 = {std::string(64, 'b')},
              .common_names = {"orders"}})};
  EXPECT_THAT(OfPeer(matches, OrdersPeer()), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(OfPeer(matches, Peer()), IsEmpty());
}

TEST(MatchIndex, APeersNamesDoNotCrossKinds) {
  EXPECT_THAT(OfPeer({ByPeer({.dns_names = {"spiffe://shop.example/orders", "Orders"},
                              .certificate_sha256 = {"orders.example"},
                              .common_names = {"orders.example"}})},
                     OrdersPeer()),
              IsEmpty());
}

TEST(MatchIndex, NamesWithoutACertificateGiveNothing) {
  Peer peer = OrdersPeer();
  peer.certificate_sha256.clear();
  EXPECT_THAT(OfPeer({ByPeer({.spiffe_ids = {"spiffe://shop.example/orders"}}),
                      ByPeer({.spiffe_ids = {"spiffe://shop.example/**"}}),
                      ByPeer({.common_names = {"Orders"}})},
                     peer),
              IsEmpty());
}

TEST(MatchIndex, PeersWithoutACommonNameMatchNone) {
  Peer peer = OrdersPeer();
  peer.common_name.clear();
  EXPECT_THAT(OfPeer({ByPeer({.common_names = {"Orders"}})}, peer), IsEmpty());
}

TEST(MatchIndex, SeveralPartsMustAllHold) {
  CallerMatch both = ByClaim({"role"}, {"admin"});
  both.peer = CallerMatch::PeerNames{.spiffe_ids = {"spiffe://shop.example/orders"}};
  const nlohmann::json admin = {{"role", "admin"}, {"scope", "x"}};
  const nlohmann::json reader = {{"role", "reader"}, {"scope", "x"}};
  const TokenClaims admin_token{"iss", admin};
  const TokenClaims reader_token{"iss", reader};
  EXPECT_THAT(OfPeer({both}, OrdersPeer(), &admin_token), ElementsAre(0));
  EXPECT_THAT(OfPeer({both}, Peer(), &admin_token), IsEmpty());
  EXPECT_THAT(OfPeer({both}, OrdersPeer(), &reader_token), IsEmpty());
  EXPECT_THAT(OfPeer({both}, OrdersPeer()), IsEmpty());
  CallerMatch scoped = both;
  scoped.scopes = {"x"};
  EXPECT_THAT(OfPeer({scoped}, OrdersPeer(), &admin_token), ElementsAre(0));
  scoped.scopes = {"y"};
  EXPECT_THAT(OfPeer({scoped}, OrdersPeer(), &admin_token), IsEmpty());
  CallerMatch keyed = both;
  keyed.api_key = CallerMatch::KeyNames{.ids = {"billing"}};
  EXPECT_THAT(OfPeer({keyed}, OrdersPeer(), &admin_token), IsEmpty());
}

TEST(MatchIndex, AddressesNarrowWhatNamesTheCaller) {
  CallerMatch near = ByPeer({.spiffe_ids = {"spiffe://shop.example/orders"}});
  near.addresses = 1;
  const Peer peer = OrdersPeer();
  BitSet first(2);
  first.Add(0);
  BitSet second(2);
  second.Add(1);
  EXPECT_THAT(Holding({near}, {.peer = &peer}, second), ElementsAre(0));
  EXPECT_THAT(Holding({near}, {.peer = &peer}, first), IsEmpty());
  EXPECT_THAT(Holding({near}, {.peer = &peer}), IsEmpty());
  EXPECT_THAT(Holding({near}, {}, second), IsEmpty());
}

TEST(MatchIndex, WhatNamesNobodyHoldsForNobodyOrEverybody) {
  CallerMatch here;
  here.addresses = 0;
  const std::vector<CallerMatch> matches = {CallerMatch{}, here};
  BitSet where(1);
  where.Add(0);
  EXPECT_THAT(Ids(Index(matches).Holding({}, where)), IsEmpty());
  const MatchIndex all(matches, MatchIndex::Nameless::kEverybody);
  EXPECT_THAT(Ids(all.Holding({}, where)), ElementsAre(0, 1));
  EXPECT_THAT(Ids(all.Holding({}, BitSet(1))), ElementsAre(0));
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
