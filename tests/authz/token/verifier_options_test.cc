// What TokenVerifier::Create refuses, and how several issuers are kept apart.
#include <string>

#include "absl/strings/str_cat.h"
#include "authz/token/verifier.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::warden::testing::GoodClaims;
using ::warden::testing::KeysOf;
using ::warden::testing::kNowSeconds;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::TestKey;
using ::warden::testing::VerifierFor;

absl::Status CreateWith(const IssuerOptions& options, TokenLimits limits = {}) {
  return TokenVerifier::Create({options}, limits).status();
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(VerifierOptionsTest, RefusesWhatIsContradictoryOrTooWide) {
  struct Case {
    void (*change)(IssuerOptions*);
    const char* problem;
  };
  const Case cases[] = {
      {[](IssuerOptions* o) { o->issuer.clear(); }, "issuers[0].issuer: is missing"},
      {[](IssuerOptions* o) { o->insecure_allow_any_issuer = true; }, "any issuer is allowed"},
      {[](IssuerOptions* o) { o->keys = nullptr; }, "issuers[0].keys: are missing"},
      {[](IssuerOptions* o) { o->audiences.clear(); }, "issuers[0].audiences: are missing"},
      {[](IssuerOptions* o) { o->audiences.push_back(""); }, "audiences: one of them is empty"},
      {[](IssuerOptions* o) { o->required_claims = {""}; },
       "required_claims: one of them is empty"},
      {[](IssuerOptions* o) { o->types = {""}; }, "types: one of them is empty"},
      {[](IssuerOptions* o) { o->algorithms.clear(); }, "issuers[0].algorithms: are missing"},
      {[](IssuerOptions* o) { o->algorithms = {"none"}; }, "\"none\" is not one"},
      {[](IssuerOptions* o) { o->algorithms.push_back("es256"); }, "\"es256\" is not one"},
      {[](IssuerOptions* o) { o->algorithms.push_back(""); }, "\"\" is not one"},
      {[](IssuerOptions* o) { o->leeway = -absl::Nanoseconds(1); }, ".leeway"},
      {[](IssuerOptions* o) { o->leeway = absl::Seconds(301); }, ".leeway"},
      {[](IssuerOptions* o) { o->leeway = absl::InfiniteDuration(); }, ".leeway"},
  };
  for (const Case& test : cases) {
    IssuerOptions options = OptionsFor(TestKey(Algorithm::kEs256));
    ASSERT_TRUE(CreateWith(options).ok());
    test.change(&options);
    const absl::Status status = CreateWith(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.problem;
    EXPECT_THAT(Message(status), HasSubstr(test.problem));
  }
}

TEST(VerifierOptionsTest, ListsEveryProblem) {
  IssuerOptions options;
  options.leeway = absl::Hours(1);
  EXPECT_THAT(Message(CreateWith(options, {0, 0, 0})),
              AllOf(HasSubstr("issuer: is missing"), HasSubstr("keys: are missing"),
                    HasSubstr("audiences: are missing"), HasSubstr("algorithms: are missing"),
                    HasSubstr("leeway"), HasSubstr("max_token_bytes"), HasSubstr("max_keys_tried"),
                    HasSubstr("max_json_depth")));
  EXPECT_THAT(Message(TokenVerifier::Create({}).status()), HasSubstr("issuers: are missing"));
}

TEST(VerifierOptionsTest, AcceptsTheEndsOfTheRanges) {
  IssuerOptions options = OptionsFor(TestKey(Algorithm::kEs256));
  options.leeway = absl::ZeroDuration();
  EXPECT_TRUE(CreateWith(options, {1, 1, 1}).ok());
  options.leeway = absl::Minutes(5);
  EXPECT_TRUE(CreateWith(options, {1 << 20, 1, 256}).ok());
  EXPECT_FALSE(CreateWith(options, {(1 << 20) + 1, 1, 256}).ok());
  EXPECT_FALSE(CreateWith(options, {1 << 20, 1, 257}).ok());
}

TEST(VerifierOptionsTest, RefusesAlgorithmsThatNoKeyIsFor) {
  IssuerOptions options = OptionsFor(TestKey(Algorithm::kRs256));
  for (const char* algorithm : {"HS256", "ES256", "EdDSA", "PS256", "RS512"}) {
    options.algorithms = {algorithm};
    const absl::Status status = CreateWith(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << algorithm;
    EXPECT_THAT(Message(status), HasSubstr("the keys are for RS256"));
  }
  options.algorithms = {"HS256", "RS256"};
  EXPECT_TRUE(CreateWith(options).ok());
}

TEST(VerifierOptionsTest, RefusesAnIssuerTwiceAndAnyBesideOthers) {
  const IssuerOptions options = OptionsFor(TestKey(Algorithm::kEs256));
  EXPECT_THAT(Message(TokenVerifier::Create({options, options}).status()),
              HasSubstr("issuers[1].issuer: https://auth.shop.example is there twice"));
  IssuerOptions any = options;
  any.issuer.clear();
  any.insecure_allow_any_issuer = true;
  EXPECT_TRUE(CreateWith(any).ok());
  EXPECT_THAT(Message(TokenVerifier::Create({options, any}).status()),
              HasSubstr("issuers[1]: any issuer is allowed"));
}

class SeveralIssuersTest : public ::testing::Test {
 protected:
  SeveralIssuersTest() {
    IssuerOptions a = OptionsFor(a_key_);
    a.issuer = "https://a.example";
    IssuerOptions b = OptionsFor(b_key_);
    b.issuer = "https://b.example";
    b.audiences = {"billing"};
    verifier_ = *TokenVerifier::Create({a, b});
  }

  std::string TokenOf(const SigningKey& key, const nlohmann::json& issuer, const char* audience) {
    nlohmann::json claims = GoodClaims();
    claims["iss"] = issuer;
    claims["aud"] = audience;
    return Mint(key, claims);
  }

  TokenRefusal Verify(const std::string& token) { return verifier_->Verify(token, Now()).refusal; }

  const SigningKey a_key_ = *SigningKey::Generate(Algorithm::kEs256, "k");
  const SigningKey b_key_ = *SigningKey::Generate(Algorithm::kEs256, "k");
  std::shared_ptr<const TokenVerifier> verifier_;
};

TEST_F(SeveralIssuersTest, EachIsVerifiedWithItsOwnKeysAndRules) {
  EXPECT_EQ(Verify(TokenOf(a_key_, "https://a.example", "orders")), TokenRefusal::kNone);
  EXPECT_EQ(Verify(TokenOf(b_key_, "https://b.example", "billing")), TokenRefusal::kNone);
  // One issuer cannot speak for the other, and audiences are not shared.
  EXPECT_EQ(Verify(TokenOf(a_key_, "https://b.example", "billing")), TokenRefusal::kSignature);
  EXPECT_EQ(Verify(TokenOf(b_key_, "https://a.example", "orders")), TokenRefusal::kSignature);
  EXPECT_EQ(Verify(TokenOf(a_key_, "https://a.example", "billing")), TokenRefusal::kAudience);
}

TEST_F(SeveralIssuersTest, OthersAreRefusedBeforeAnyKeyIsTried) {
  for (const char* issuer : {"", "https://a.example/", "https://A.example", "https://c.example"}) {
    EXPECT_EQ(Verify(TokenOf(a_key_, issuer, "orders")), TokenRefusal::kIssuer) << issuer;
  }
  EXPECT_EQ(Verify(TokenOf(a_key_, 7, "orders")), TokenRefusal::kBadClaim);
  nlohmann::json claims = GoodClaims();
  claims.erase("iss");
  EXPECT_EQ(Verify(Mint(a_key_, claims)), TokenRefusal::kIssuer);
  EXPECT_EQ(Verify(*a_key_.SignCompact({}, "not json")), TokenRefusal::kMalformed);
}

TEST(AnyIssuerTest, LeavesIssUnchecked) {
  const SigningKey& key = TestKey(Algorithm::kEs256);
  IssuerOptions options = OptionsFor(key);
  options.issuer.clear();
  options.insecure_allow_any_issuer = true;
  const auto verifier = VerifierFor(options);
  nlohmann::json claims = GoodClaims();
  for (const char* issuer : {"x", "y", ""}) {
    claims["iss"] = issuer;
    EXPECT_EQ(verifier->Verify(Mint(key, claims), Now()).refusal, TokenRefusal::kNone);
  }
  claims.erase("iss");
  EXPECT_EQ(verifier->Verify(Mint(key, claims), Now()).refusal, TokenRefusal::kNone);
  claims["iss"] = 7;
  EXPECT_EQ(verifier->Verify(Mint(key, claims), Now()).refusal, TokenRefusal::kBadClaim);
}

TEST(AudienceTest, MissingAudiencesAreAllowedOnlyByName) {
  const SigningKey& key = TestKey(Algorithm::kEs256);
  IssuerOptions options = OptionsFor(key);
  options.insecure_allow_missing_audience = true;
  nlohmann::json without = GoodClaims();
  without.erase("aud");
  nlohmann::json other = GoodClaims();
  other["aud"] = "billing";
  auto verifier = VerifierFor(options);
  EXPECT_EQ(verifier->Verify(Mint(key, without), Now()).refusal, TokenRefusal::kNone);
  EXPECT_EQ(verifier->Verify(Mint(key, GoodClaims()), Now()).refusal, TokenRefusal::kNone);
  EXPECT_EQ(verifier->Verify(Mint(key, other), Now()).refusal, TokenRefusal::kAudience);
  // No audience configured: a token that names one is for somebody else.
  options.audiences.clear();
  verifier = VerifierFor(options);
  EXPECT_EQ(verifier->Verify(Mint(key, without), Now()).refusal, TokenRefusal::kNone);
  EXPECT_EQ(verifier->Verify(Mint(key, GoodClaims()), Now()).refusal, TokenRefusal::kAudience);
}

}  // namespace
}  // namespace warden
