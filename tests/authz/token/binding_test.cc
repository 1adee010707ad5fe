// Which peer may present a token.
#include "authz/token/binding.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/verifier.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"
#include "tests/authz/token/verifier_fixture.h"

namespace warden {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::warden::testing::GoodClaims;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::SignTexts;
using ::warden::testing::VerifierFor;

constexpr char kHeader[] = "{\"alg\":\"ES256\"}";

class BindingTest : public ::warden::testing::VerifierTest {
 protected:
  TokenResult Verify(const IssuerOptions& options, const Json& claims) {
    return VerifierFor(options)->Verify(SignTexts(key_, kHeader, claims.dump()), Now());
  }
  TokenRefusal RefusalOf(const Json& cnf) {
    Json claims = GoodClaims();
    claims["cnf"] = cnf;
    return Verify(OptionsFor(key_), claims).refusal;
  }
};

TEST_F(BindingTest, AThumbprintIsReadAndComparedWithThePeers) {
  // The example of RFC 8705 section 3.1.
  const std::string thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
  Json claims = GoodClaims();
  claims["cnf"] = {{"x5t#S256", thumbprint}};
  // It has non-zero bits after the last octet, so it is not strict base64url.
  EXPECT_EQ(Verify(OptionsFor(key_), claims).refusal, TokenRefusal::kBadClaim);

  const std::string digest(32, '\x5a');
  claims["cnf"] = {{"x5t#S256", Base64UrlEncode(digest)}};
  const TokenResult result = Verify(OptionsFor(key_), claims);
  ASSERT_EQ(result.refusal, TokenRefusal::kNone) << result.detail;
  Peer peer;
  EXPECT_EQ(CheckBinding(result.token->binding(), peer), BindingMismatch::kCertificate);
  peer.certificate_sha256 = absl::BytesToHexString(digest);
  EXPECT_EQ(CheckBinding(result.token->binding(), peer), BindingMismatch::kNone);
  peer.certificate_sha256.back() = peer.certificate_sha256.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(CheckBinding(result.token->binding(), peer), BindingMismatch::kCertificate);
}

TEST_F(BindingTest, WhatCannotBeCheckedIsNotPassedOver) {
  const std::string good = Base64UrlEncode(std::string(32, 'x'));
  EXPECT_EQ(RefusalOf({{"x5t#S256", good}}), TokenRefusal::kNone);
  for (const Json& cnf :
       {Json::object(), Json{{"jkt", good}}, Json{{"jwk", Json::object()}}, Json{{"kid", "a"}},
        Json{{"x5t#S256", good}, {"jkt", good}}, Json{{"X5T#S256", good}}}) {
    EXPECT_EQ(RefusalOf(cnf), TokenRefusal::kBinding) << cnf.dump();
  }
  for (const Json& cnf :
       {Json(nullptr), Json("x"), Json::array(), Json{{"x5t#S256", nullptr}}, Json{{"x5t#S256", 5}},
        Json{{"x5t#S256", ""}}, Json{{"x5t#S256", good + "="}},
        Json{{"x5t#S256", Base64UrlEncode(std::string(31, 'x'))}},
        Json{{"x5t#S256", Base64UrlEncode(std::string(33, 'x'))}},
        Json{{"x5t#S256", std::string(64, 'a')}}, Json{{"x5t#S256", Json::array({good})}}}) {
    EXPECT_EQ(RefusalOf(cnf), TokenRefusal::kBadClaim) << cnf.dump();
  }
}

TEST_F(BindingTest, BindingCanBeRequired) {
  IssuerOptions options = OptionsFor(key_);
  options.require_certificate_bound = true;
  const TokenResult unbound = Verify(options, GoodClaims());
  EXPECT_EQ(unbound.refusal, TokenRefusal::kBinding);
  EXPECT_THAT(unbound.detail, HasSubstr("cnf"));
  Json claims = GoodClaims();
  claims["cnf"] = {{"x5t#S256", Base64UrlEncode(std::string(32, 'x'))}};
  EXPECT_EQ(Verify(options, claims).refusal, TokenRefusal::kNone);
}

TEST_F(BindingTest, ATokenCanNameItsPeer) {
  IssuerOptions options = OptionsFor(key_);
  options.peer_claim = "workload.id";
  EXPECT_EQ(Verify(options, GoodClaims()).refusal, TokenRefusal::kBinding);
  Json claims = GoodClaims();
  for (const Json& value : {Json(""), Json(5), Json(nullptr), Json::array({"/api"})}) {
    claims["workload"] = {{"id", value}};
    EXPECT_EQ(Verify(options, claims).refusal, TokenRefusal::kBadClaim) << value.dump();
  }
  Peer peer;
  peer.spiffe_id = "spiffe://shop.example/ns/web/sa/api";
  peer.trust_domain = "shop.example";
  const auto mismatch = [&](const std::string& named, const Peer& presented) {
    claims["workload"] = {{"id", named}};
    const TokenResult result = Verify(options, claims);
    EXPECT_EQ(result.refusal, TokenRefusal::kNone) << result.detail;
    return CheckBinding(result.token->binding(), presented);
  };
  EXPECT_EQ(mismatch(peer.spiffe_id, peer), BindingMismatch::kNone);
  EXPECT_EQ(mismatch("/ns/web/sa/api", peer), BindingMismatch::kNone);
  for (const char* other :
       {"/ns/web/sa/ap", "/ns/web/sa/api/", "/NS/web/sa/api", "ns/web/sa/api", "/", "//",
        "spiffe://other.example/ns/web/sa/api", "spiffe://shop.example/", "shop.example"}) {
    EXPECT_EQ(mismatch(other, peer), BindingMismatch::kPeer) << other;
  }
  EXPECT_EQ(mismatch("/ns/web/sa/api", Peer()), BindingMismatch::kPeer);
}

TEST_F(BindingTest, AnotherClaimCanNameTheCaller) {
  IssuerOptions options = OptionsFor(key_);
  options.subject_claim = "client.name";
  Json claims = GoodClaims();
  claims["client"] = {{"name", "reporting"}};
  const TokenResult named = Verify(options, claims);
  ASSERT_EQ(named.refusal, TokenRefusal::kNone) << named.detail;
  EXPECT_EQ(named.token->subject(), "reporting");
  claims["client"] = {{"name", 5}};
  EXPECT_EQ(Verify(options, claims).refusal, TokenRefusal::kBadClaim);
  // `sub` must not stand in for it: it may be somebody else's name.
  EXPECT_EQ(Verify(options, GoodClaims()).token->subject(), "");
}

TEST_F(BindingTest, PathsAreCheckedAtTheStart) {
  IssuerOptions options = OptionsFor(key_);
  options.peer_claim = "a..b";
  options.subject_claim = "\"open";
  const auto verifier = TokenVerifier::Create({options});
  ASSERT_FALSE(verifier.ok());
  EXPECT_THAT(verifier.status().message(), HasSubstr("issuers[0].peer_claim: "));
  EXPECT_THAT(verifier.status().message(), HasSubstr("issuers[0].subject_claim: "));
}

}  // namespace
}  // namespace warden
