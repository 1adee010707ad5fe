// Step-up: what a token must say of its subject's authentication, judged on tokens that were
// really signed and verified.
#include "authz/policy/step_up.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "authz/policy/access.h"
#include "authz/token/jwks.h"
#include "authz/token/signer.h"
#include "authz/token/verifier.h"
#include "nlohmann/json.hpp"
#include "tests/authz/policy/proto_text.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using warden::testing::AnnotatedProto;

constexpr char kIssuer[] = "https://auth.shop.example";
constexpr int64_t kNowSeconds = 1'900'000'000;
const absl::Time kNow = absl::FromUnixSeconds(kNowSeconds);
constexpr int64_t kLeeway = 60;  // of the verifier

v1::StepUp FromText(const std::string& text) {
  v1::StepUp step_up;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &step_up)) << text;
  return step_up;
}

StepUp Good(const std::string& text) {
  StepUp step_up;
  EXPECT_THAT(ReadStepUp(FromText(text), &step_up), IsEmpty());
  return step_up;
}

class StepUpTest : public ::testing::Test {
 protected:
  std::shared_ptr<const VerifiedToken> Token(const json& more) {
    json claims = {{"iss", kIssuer}, {"aud", "orders"}, {"exp", kNowSeconds + 60}};
    if (!more.is_null()) claims.update(more);
    const TokenResult result =
        verifier_->Verify(*key_.SignCompact({{"typ", "JWT"}}, claims.dump()), kNow);
    EXPECT_NE(result.token, nullptr) << result.detail;
    return result.token;
  }
  std::string Lacks(const std::string& step_up, const json& claims, absl::Time now = kNow) {
    return WhatTokenLacks(Good(step_up), Token(claims).get(), now);
  }

  SigningKey key_ = *SigningKey::Generate(Algorithm::kEs256, "k1");
  std::shared_ptr<const TokenVerifier> verifier_ = *TokenVerifier::Create([&] {
    const json jwks = {{"keys", {*key_.PublicJwk()}}};
    IssuerOptions issuer;
    issuer.issuer = kIssuer;
    issuer.keys = *KeySet::Parse(jwks.dump());
    issuer.audiences = {"orders"};
    issuer.algorithms = {"ES256"};
    return std::vector<IssuerOptions>{issuer};
  }());
};

TEST_F(StepUpTest, AuthTimeMayBeAsOldAsMaxAgeAndNoOlder) {
  const std::string five_minutes = "max_age {seconds: 300}";
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds}}), "");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds - 300}}), "");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds - 299.5}}), "");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds - 301}}), "`auth_time` is too long ago");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds - 300}}, kNow + absl::Nanoseconds(1)),
            "`auth_time` is too long ago");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", 0}}), "`auth_time` is too long ago");
}

TEST_F(StepUpTest, AuthTimeInTheFutureCountsWithinTheLeeway) {
  const std::string five_minutes = "max_age {seconds: 300}";
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds + kLeeway}}), "");
  EXPECT_EQ(Lacks(five_minutes, {{"auth_time", kNowSeconds + kLeeway + 1}}),
            "`auth_time` is in the future");
}

TEST_F(StepUpTest, HostileAuthTimesAreRefused) {
  const json hostile[] = {
      nullptr, "1900000000", true,         json::array({kNowSeconds}), json::object(), -1,
      -1e300,  1e300,        253402300800, 18446744073709551615u};
  for (const json& value : hostile) {
    EXPECT_THAT(Lacks("max_age {seconds: 300}", {{"auth_time", value}}), HasSubstr("`auth_time`"))
        << value;
  }
  EXPECT_EQ(Lacks("max_age {seconds: 300}", {}), "the token has no `auth_time`");
}

TEST_F(StepUpTest, AcrIsOneOfThoseAccepted) {
  const std::string need = "acr: 'gold' acr: 'urn:silver'";
  EXPECT_EQ(Lacks(need, {{"acr", "gold"}}), "");
  EXPECT_EQ(Lacks(need, {{"acr", "urn:silver"}}), "");
  EXPECT_EQ(Lacks(need, {}), "the token has no `acr`");
  for (const json& value : {json("Gold"), json("gold "), json(""), json("gold urn:silver")}) {
    EXPECT_EQ(Lacks(need, {{"acr", value}}), "`acr` is another one") << value;
  }
  for (const json& value :
       {json(1), json(nullptr), json::array({"gold"}), json({{"gold", true}})}) {
    EXPECT_EQ(Lacks(need, {{"acr", value}}), "`acr` is not a text") << value;
  }
}

TEST_F(StepUpTest, AmrHasAllThatAreAskedFor) {
  const std::string need = "amr: 'pwd' amr: 'otp'";
  EXPECT_EQ(Lacks(need, {{"amr", {"pwd", "otp"}}}), "");
  EXPECT_EQ(Lacks(need, {{"amr", {"otp", "x", "pwd"}}}), "");
  EXPECT_EQ(Lacks(need, {}), "the token has no `amr`");
  for (const json& value : {json::array(), json::array({"pwd"}), json::array({"otp", "otp"}),
                            json::array({"PWD", "otp"})}) {
    EXPECT_EQ(Lacks(need, {{"amr", value}}), "`amr` does not have all that are asked for") << value;
  }
  for (const json& value : {json("pwd otp"), json(7), json(nullptr), json::object()}) {
    EXPECT_EQ(Lacks(need, {{"amr", value}}), "`amr` is not a list") << value;
  }
  EXPECT_EQ(Lacks(need, {{"amr", {"pwd", "otp", 1}}}), "`amr` is not a list of texts");
}

TEST_F(StepUpTest, EverythingThatIsLackingIsNamed) {
  EXPECT_EQ(Lacks("max_age {seconds: 1} acr: 'gold' amr: 'otp'", {{"acr", "silver"}}),
            "the token has no `auth_time`; `acr` is another one; the token has no `amr`");
  EXPECT_EQ(WhatTokenLacks(Good("amr: 'otp'"), nullptr, kNow), "the call brings no token");
}

TEST(StepUpReadTest, NonsenseIsRefused) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "asks for nothing"},
      {"max_age {}", "must be 1 second to 10 years"},
      {"max_age {seconds: 0}", "must be 1 second to 10 years"},
      {"max_age {seconds: -300}", "must be 1 second to 10 years"},
      {"max_age {seconds: 1 nanos: 1}", "whole seconds"},
      {"max_age {seconds: 1 nanos: -1}", "whole seconds"},
      {"max_age {seconds: 315360001}", "10 years"},
      {"max_age {seconds: 9223372036854775807}", "10 years"},
      {"acr: ''", "`step_up.acr` has"},
      {"acr: 'a b'", "`step_up.acr` has"},
      {"acr: 'a' acr: 'a'", "`step_up.acr` has `a` twice"},
      {"amr: 'a\"b'", "`step_up.amr` has"},
      {"amr: 'a\\\\b'", "`step_up.amr` has"},
      {"amr: 'a\\nb'", "`step_up.amr` has"},
      {"amr: '\\303\\251'", "`step_up.amr` has"},
  };
  for (const auto& [text, problem] : rows) {
    StepUp step_up;
    EXPECT_THAT(ReadStepUp(FromText(text), &step_up), ElementsAre(HasSubstr(problem))) << text;
  }
  v1::StepUp newer;
  newer.mutable_acr()->Add("gold");
  newer.GetReflection()->MutableUnknownFields(&newer)->AddVarint(99, 1);
  StepUp step_up;
  EXPECT_THAT(ReadStepUp(newer, &step_up), ElementsAre(HasSubstr("has a field 99")));
}

TEST(StepUpReadTest, AChallengeIsWordedAsItsRfcWordsIt) {
  const auto age = MakeStepUpRule(Good("max_age {seconds: 5}"));
  EXPECT_EQ(age->challenge,
            "Bearer error=\"insufficient_user_authentication\", "
            "error_description=\"More recent authentication is required\", max_age=\"5\"");
  const auto acr = MakeStepUpRule(Good("acr: 'myACR'"));
  EXPECT_EQ(acr->challenge,
            "Bearer error=\"insufficient_user_authentication\", "
            "error_description=\"A different authentication level is required\", "
            "acr_values=\"myACR\"");
  const auto all = MakeStepUpRule(Good("max_age {seconds: 5} acr: 'a' acr: 'b' amr: 'otp'"));
  EXPECT_THAT(
      all->parameters,
      ElementsAre(Pair("error", "insufficient_user_authentication"),
                  Pair("error_description", "A different authentication level is required"),
                  Pair("acr_values", "a b"), Pair("amr_values", "otp"), Pair("max_age", "5")));
}

TEST(StepUpReadTest, TheAnnotationIsReadWithItsAccess) {
  const auto proto = AnnotatedProto(
      "service S {\n"
      "  rpc Fine(Req) returns (Res) { option (warden.v1.access) = {authenticated: true step_up: "
      "{acr: 'a' acr: 'b' max_age: {seconds: 60}}}; }\n"
      "  rpc Open(Req) returns (Res) { option (warden.v1.access) = {public: true step_up: {acr: "
      "'a'}}; }\n"
      "  rpc Empty(Req) returns (Res) { option (warden.v1.access) = {authenticated: true step_up: "
      "{}}; }\n"
      "}\n");
  const auto fine = ResolveAccess(proto.method("shop.S.Fine"));
  ASSERT_TRUE(fine.ok()) << fine.status();
  EXPECT_EQ(fine->step_up->max_age, absl::Minutes(1));
  EXPECT_EQ(ToString(*fine), "authenticated [authenticated at most 60s ago, acr a or b]");
  EXPECT_THAT(std::string(ResolveAccess(proto.method("shop.S.Open")).status().message()),
              HasSubstr("test.proto:4:3: shop.S.Open: (warden.v1.access): has `step_up`, but "
                        "`public` needs no credentials"));
  EXPECT_THAT(std::string(ResolveAccess(proto.method("shop.S.Empty")).status().message()),
              HasSubstr("test.proto:5:3: shop.S.Empty: (warden.v1.access): `step_up` asks for"));
}

}  // namespace
}  // namespace warden
