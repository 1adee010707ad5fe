// What access rules can say of the caller, the peer, the method and the time.
#include "authz/condition/access_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/identity/peer.h"
#include "authz/token/jwks.h"
#include "authz/token/signer.h"
#include "authz/token/verifier.h"
#include "tests/authz/condition/condition_testing.h"

namespace warden::condition {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kIssuer[] = "https://auth.shop.example";
const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);  // 2030-03-17T17:46:40Z, a Sunday

std::shared_ptr<const VerifiedToken> Token(nlohmann::json claims) {
  static const auto* const key = new SigningKey(*SigningKey::Generate(Algorithm::kEs256, "k1"));
  const nlohmann::json jwks = {{"keys", {*key->PublicJwk()}}};
  IssuerOptions issuer;
  issuer.issuer = kIssuer;
  issuer.keys = *KeySet::Parse(jwks.dump());
  issuer.audiences = {"orders"};
  issuer.algorithms = {"ES256"};
  claims["iss"] = kIssuer;
  claims["aud"] = "orders";
  claims["exp"] = absl::ToUnixSeconds(kNow) + 60;
  const auto verifier = *TokenVerifier::Create({issuer});
  return verifier->Verify(*key->SignCompact({{"typ", "JWT"}}, claims.dump()), kNow).token;
}

class AccessEnvironmentTest : public ::testing::Test {
 protected:
  AccessEnvironmentTest() {
    peer_.spiffe_id = "spiffe://shop.example/ns/web";
    peer_.trust_domain = "shop.example";
    peer_.uri_sans = {"spiffe://shop.example/ns/web"};
    peer_.dns_sans = {"web.shop.example"};
    peer_.common_name = "web";
    peer_.certificate_sha256 = std::string(64, 'a');
    order_.set_owner("alice");
    facts_ = {.peer = &peer_,
              .token = token_.get(),
              .name = "alice",
              .authenticated = true,
              .roles = roles_,
              .address = "10.1.2.3",
              .method = "/shop.v1.Orders/Get",
              .now = kNow,
              .request = &order_};
  }

  std::string Decide(std::string_view text) const {
    std::vector<ExpressionProblem> problems;
    const auto condition =
        Condition::Compile(text, AccessEnvironment(Order::descriptor()), &problems);
    if (!condition.has_value()) return "problem: " + ToString(problems.at(0));
    const Outcome outcome = condition->Evaluate(AccessActivation(facts_));
    if (outcome.verdict == Verdict::kError) return "error: " + ErrorText(outcome);
    return outcome.holds() ? "true" : "false";
  }

  Peer peer_;
  Order order_;
  std::vector<std::string> roles_ = {"admin", "caller"};
  std::shared_ptr<const VerifiedToken> token_ =
      Token({{"sub", "alice"}, {"scope", "read  write"}, {"dept", "sales"}, {"level", 3}});
  AccessFacts facts_;
};

TEST_F(AccessEnvironmentTest, EveryVariableHasItsValue) {
  for (const char* text : {
           "request.owner == caller.subject",
           "caller.issuer == 'https://auth.shop.example' && caller.name == 'alice'",
           "caller.authenticated && caller.roles == ['admin', 'caller']",
           "caller.scopes == ['read', 'write'] && 'write' in caller.scopes",
           "caller.claims.dept == 'sales' && caller.claims['level'] >= 3",
           "peer.spiffe_id == 'spiffe://shop.example/ns/web' && peer.trust_domain == "
           "'shop.example'",
           "peer.path == '/ns/web' && peer.path.startsWith('/ns/')",
           "peer.uris == [peer.spiffe_id] && 'web.shop.example' in peer.dns_names",
           "peer.common_name == 'web' && size(peer.certificate_sha256) == 64",
           "peer.address == '10.1.2.3' && cidr('10.0.0.0/8').containsIP(peer.address)",
           "method.full_name == 'shop.v1.Orders/Get' && method.service == 'shop.v1.Orders'",
           "method.name == 'Get'",
           "now == timestamp('2030-03-17T17:46:40Z') && now.getDayOfWeek() == 0",
           "now.getHours('Europe/Berlin') >= 8 && now.getHours('Europe/Berlin') < 19",
           "has(caller.subject) && has(peer.spiffe_id) && !has(caller.api_key_id)",
       }) {
    EXPECT_EQ(Decide(text), "true") << text;
  }
}

TEST_F(AccessEnvironmentTest, WhatACallDoesNotHaveIsAnErrorAndNotEmpty) {
  Peer nobody;
  facts_ = {.peer = &nobody, .request = &order_};
  order_.clear_owner();
  for (const char* variable :
       {"caller.subject", "caller.issuer", "caller.name", "caller.api_key_id", "peer.spiffe_id",
        "peer.trust_domain", "peer.path", "peer.common_name", "peer.certificate_sha256",
        "peer.address", "method.name", "method.service", "method.full_name"}) {
    const std::string name = variable;
    EXPECT_THAT(Decide(name + " == request.owner"), StartsWith("error: a fact that")) << name;
    EXPECT_THAT(Decide(name + " != 'x'"), StartsWith("error")) << name;
    EXPECT_EQ(Decide("has(" + name + ")"), "false") << name;
    EXPECT_EQ(Decide(name + " == '' || true"), "true") << name;
  }
  EXPECT_THAT(Decide("caller.claims.tenant == ''"), StartsWith("error: no such key"));
  EXPECT_EQ(Decide("caller.roles == [] && caller.scopes == [] && size(caller.claims) == 0"),
            "true");
  EXPECT_EQ(Decide("caller.authenticated"), "false");
  facts_.request = nullptr;
  EXPECT_THAT(Decide("request.owner == ''"), StartsWith("error"));
}

TEST_F(AccessEnvironmentTest, ScopesAreATextOrNone) {
  for (const nlohmann::json& scope : std::vector<nlohmann::json>{
           nullptr, 1, {"read"}, {{"read", true}}, "", " ", nlohmann::json::array()}) {
    const auto token = Token({{"sub", "alice"}, {"scope", scope}});
    ASSERT_NE(token, nullptr);
    facts_.token = token.get();
    EXPECT_EQ(Decide("caller.scopes == []"), "true") << scope;
  }
}

TEST_F(AccessEnvironmentTest, SaysWhatThereIs) {
  EXPECT_THAT(Decide("caller.tenant == 'x'"), HasSubstr("`caller` has no `tenant`"));
  EXPECT_THAT(Decide("caller.rolles == []"), HasSubstr("did you mean `caller.roles`?"));
  EXPECT_THAT(Decide("peer == ''"), HasSubstr("`peer` is no value of its own"));
  std::vector<ExpressionProblem> problems;
  EXPECT_FALSE(Condition::Compile("'a' in caller.roles", BindingEnvironment(), &problems));
  EXPECT_FALSE(Condition::Compile("request.x == 1", AccessEnvironment(nullptr), &problems));
  EXPECT_TRUE(Condition::Compile("caller.claims.a == 1", BindingEnvironment(), &problems));
}

}  // namespace
}  // namespace warden::condition
