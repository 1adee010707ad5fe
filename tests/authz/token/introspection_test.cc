// What an authorization server says of a token, and what is made of it.
#include "authz/token/introspection.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

IntrospectionRules Rules() {
  return {.issuer = "https://auth.example", .audiences = {"orders", "stock"}};
}

Json Good() {
  return {{"active", true},       {"aud", "orders"},  {"sub", "alice"},
          {"exp", 1'700'000'600}, {"jti", "token-1"}, {"iss", "https://auth.example"},
          {"scope", "read write"}};
}

TokenRefusal RefusalOf(const std::string& body) {
  const TokenResult result = JudgeIntrospection(body, Rules(), kNow);
  EXPECT_EQ(result.token == nullptr, result.refusal != TokenRefusal::kNone) << body;
  return result.refusal;
}

TokenRefusal With(const std::string& name, const Json& value) {
  Json answer = Good();
  answer[name] = value;
  return RefusalOf(answer.dump());
}

TEST(IntrospectionTest, AnActiveTokenIsBelieved) {
  const TokenResult result = JudgeIntrospection(Good().dump(), Rules(), kNow);
  ASSERT_NE(result.token, nullptr) << result.detail;
  EXPECT_TRUE(result.token->introspected());
  EXPECT_EQ(result.token->subject(), "alice");
  EXPECT_EQ(result.token->issuer(), "https://auth.example");
  EXPECT_EQ(result.token->token_id(), "token-1");
  EXPECT_EQ(result.token->claims()["scope"], "read write");
  EXPECT_TRUE(result.token->ValidAt(kNow));
  EXPECT_TRUE(result.token->ValidAt(kNow + absl::Seconds(659)));
  EXPECT_FALSE(result.token->ValidAt(kNow + absl::Seconds(660)));
}

TEST(IntrospectionTest, MembersThatMayBeAbsent) {
  Json answer = {{"active", true}, {"aud", Json::array({"other", "stock"})}};
  const TokenResult result = JudgeIntrospection(answer.dump(), Rules(), kNow);
  ASSERT_NE(result.token, nullptr) << result.detail;
  EXPECT_EQ(result.token->subject(), "");
  EXPECT_EQ(result.token->issuer(), "https://auth.example");
  EXPECT_TRUE(result.token->ValidAt(kNow + absl::Hours(1000)));
}

TEST(IntrospectionTest, InactiveIsInactiveWhateverElseIsSaid) {
  EXPECT_EQ(RefusalOf(R"({"active":false})"), TokenRefusal::kInactive);
  EXPECT_EQ(With("active", false), TokenRefusal::kInactive);
}

TEST(IntrospectionTest, AnAnswerOfAnotherFormIsNone) {
  for (const char* body :
       {"", "{}", "[]", "null", "true", "<html>", R"({"active":"true"})", R"({"active":1})",
        R"({"active":null})", R"({"active":true,"active":true,"aud":"orders"})",
        R"({"Active":true,"aud":"orders"})", R"({"active":true,"aud":"orders"} x)"}) {
    EXPECT_EQ(RefusalOf(body), TokenRefusal::kMalformed) << body;
  }
}

TEST(IntrospectionTest, ClaimsAreCheckedAsAJwtsAre) {
  EXPECT_EQ(With("iss", "https://other.example"), TokenRefusal::kIssuer);
  EXPECT_EQ(With("iss", ""), TokenRefusal::kIssuer);
  EXPECT_EQ(With("iss", 5), TokenRefusal::kBadClaim);
  EXPECT_EQ(With("aud", "billing"), TokenRefusal::kAudience);
  EXPECT_EQ(With("aud", Json::array()), TokenRefusal::kAudience);
  EXPECT_EQ(With("aud", Json::object()), TokenRefusal::kBadClaim);
  EXPECT_EQ(With("exp", 1'699'999'941), TokenRefusal::kNone);
  EXPECT_EQ(With("exp", 1'699'999'940), TokenRefusal::kExpired);
  EXPECT_EQ(With("exp", "soon"), TokenRefusal::kBadClaim);
  EXPECT_EQ(With("nbf", 1'700'000'060), TokenRefusal::kNone);
  EXPECT_EQ(With("nbf", 1'700'000'061), TokenRefusal::kNotYetValid);
  EXPECT_EQ(With("sub", Json::array({"alice"})), TokenRefusal::kBadClaim);
  Json answer = Good();
  answer.erase("aud");
  EXPECT_EQ(RefusalOf(answer.dump()), TokenRefusal::kAudience);
}

TEST(IntrospectionTest, ABindingIsKept) {
  EXPECT_EQ(With("cnf", {{"jkt", "x"}}), TokenRefusal::kBinding);
  Json answer = Good();
  answer["cnf"] = {{"x5t#S256", "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo"}};
  const TokenResult result = JudgeIntrospection(answer.dump(), Rules(), kNow);
  ASSERT_NE(result.token, nullptr) << result.detail;
  EXPECT_EQ(CheckBinding(result.token->binding(), Peer()), BindingMismatch::kCertificate);
}

TEST(IntrospectionTest, OpaqueIsWhatCannotBeAJwt) {
  for (const char* token : {"abc", "a.b", "a.b.c.d", "a.b.c.d.e", ""}) EXPECT_TRUE(IsOpaque(token));
  EXPECT_FALSE(IsOpaque("a.b.c"));
  EXPECT_FALSE(IsOpaque(".."));
}

}  // namespace
}  // namespace warden
