// Principals from tokens that were really signed and verified.
#include "authz/principal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/policy/policy.h"
#include "authz/token/jwks.h"
#include "authz/token/signer.h"
#include "authz/token/verifier.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kIssuer[] = "https://auth.shop.example";
const absl::Time kNow = absl::FromUnixSeconds(1'900'000'000);

constexpr char kPolicy[] = R"(
roles:
  reader: {permissions: [orders.read]}
  admin: {permissions: [orders.cancel]}
  ops: {permissions: [orders.import]}
bindings:
  - {roles: [reader], claim: {path: roles, values: [reader]}}
  - {roles: [admin], claim: {path: '"https://shop.example/claims".role', values: [admin]}, issuer: "https://auth.shop.example"}
  - {roles: [ops], claim: {path: roles, values: [ops]}, peer: {dns_names: [ops.example]}}
  - {roles: [admin], claim: {path: roles, values: [other-admin]}, issuer: "https://other.example"}
)";

class TokenPrincipal : public ::testing::Test {
 protected:
  std::shared_ptr<const VerifiedToken> Token(nlohmann::json claims) {
    claims["iss"] = kIssuer;
    claims["aud"] = "orders";
    claims["exp"] = absl::ToUnixSeconds(kNow) + 60;
    const TokenResult result =
        verifier_->Verify(*key_.SignCompact({{"typ", "JWT"}}, claims.dump()), kNow);
    EXPECT_NE(result.token, nullptr) << result.detail;
    return result.token;
  }

  static std::shared_ptr<const Peer> MakePeer(const std::string& dns_name) {
    auto peer = std::make_shared<Peer>();
    peer->dns_sans = {dns_name};
    peer->certificate_sha256 = std::string(64, 'a');
    return peer;
  }

  SigningKey key_ = *SigningKey::Generate(Algorithm::kEs256, "k1");
  std::shared_ptr<const TokenVerifier> verifier_ = *TokenVerifier::Create([&] {
    const nlohmann::json jwks = {{"keys", {*key_.PublicJwk()}}};
    IssuerOptions issuer;
    issuer.issuer = kIssuer;
    issuer.keys = *KeySet::Parse(jwks.dump());
    issuer.audiences = {"orders"};
    issuer.algorithms = {"ES256"};
    return std::vector<IssuerOptions>{issuer};
  }());
  std::shared_ptr<const Policy> policy_ = *Policy::FromYaml(kPolicy, "policy.yaml");
};

TEST_F(TokenPrincipal, HasTheRolesOfItsClaims) {
  const auto token = Token({{"sub", "alice"},
                            {"roles", {"reader", "unknown"}},
                            {"https://shop.example/claims", {{"role", "admin"}}}});
  const auto principal = policy_->MakePrincipal(nullptr, token);
  EXPECT_THAT(principal->roles(), ElementsAre("admin", "reader"));
  EXPECT_THAT(principal->permissions(), ElementsAre("orders.cancel", "orders.read"));
  EXPECT_EQ(principal->subject(), "alice");
  EXPECT_EQ(principal->issuer(), kIssuer);
  EXPECT_EQ(principal->name(), "alice");
  EXPECT_EQ(principal->token(), token.get());
  EXPECT_TRUE(principal->authenticated());
}

TEST_F(TokenPrincipal, NeedsThePeerTooWhereTheBindingSaysSo) {
  const auto token = Token({{"sub", "bob"}, {"roles", "ops"}});
  EXPECT_THAT(policy_->MakePrincipal(MakePeer("ops.example"), token)->roles(), ElementsAre("ops"));
  EXPECT_THAT(policy_->MakePrincipal(MakePeer("web.example"), token)->roles(), IsEmpty());
  EXPECT_THAT(policy_->MakePrincipal(nullptr, token)->roles(), IsEmpty());
  EXPECT_THAT(policy_->MakePrincipal(MakePeer("ops.example"), nullptr)->roles(), IsEmpty());
}

TEST_F(TokenPrincipal, AnotherIssuersRolesAreOutOfReach) {
  EXPECT_THAT(policy_->MakePrincipal(nullptr, Token({{"roles", {"other-admin"}}}))->roles(),
              IsEmpty());
}

TEST_F(TokenPrincipal, WithoutSubjectIsNamedByItsPeer) {
  const auto principal =
      policy_->MakePrincipal(MakePeer("web.example"), Token({{"roles", "reader"}}));
  EXPECT_EQ(principal->name(), "web.example");
  EXPECT_EQ(policy_->MakePrincipal(nullptr, Token({{"roles", "reader"}}))->name(), "anonymous");
}

TEST_F(TokenPrincipal, HostileClaimTypesGiveNoRole) {
  const std::vector<nlohmann::json> hostile = {
      nlohmann::json::object({{"reader", true}}),
      {1, 2, 3},
      nullptr,
      1.5,
      {{{"a", "reader"}}},
      nlohmann::json::array({nlohmann::json::array({"reader"})}),
      "READER"};
  for (const nlohmann::json& roles : hostile) {
    const auto principal =
        policy_->MakePrincipal(nullptr, Token({{"sub", "eve"}, {"roles", roles}}));
    EXPECT_THAT(principal->roles(), IsEmpty()) << roles;
    EXPECT_THAT(principal->permissions(), IsEmpty()) << roles;
  }
}

}  // namespace
}  // namespace warden
