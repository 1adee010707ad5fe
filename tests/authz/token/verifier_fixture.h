// One verifier and its key, and what it says of a token.
#ifndef WARDEN_TESTS_AUTHZ_TOKEN_VERIFIER_FIXTURE_H_
#define WARDEN_TESTS_AUTHZ_TOKEN_VERIFIER_FIXTURE_H_

#include <memory>
#include <string>
#include <string_view>

#include "authz/token/verifier.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden::testing {

class VerifierTest : public ::testing::Test {
 protected:
  TokenResult Verify(const std::string& token, absl::Time now = Now()) const {
    const TokenResult result = verifier_->Verify(token, now);
    EXPECT_EQ(result.token != nullptr, result.refusal == TokenRefusal::kNone);
    EXPECT_EQ(result.detail.empty(), result.refusal == TokenRefusal::kNone);
    return result;
  }

  // The refusal of a token with this header or payload, its signature being right.
  TokenRefusal WithHeader(std::string_view header) const {
    return Verify(SignTexts(key_, header, GoodClaims().dump())).refusal;
  }
  TokenRefusal WithPayload(std::string_view payload) const {
    return Verify(SignTexts(key_, GoodHeader(key_), payload)).refusal;
  }
  TokenRefusal WithClaim(const char* name, const nlohmann::json& value) const {
    nlohmann::json claims = GoodClaims();
    claims[name] = value;
    return WithPayload(claims.dump());
  }

  const SigningKey& key_ = TestKey(Algorithm::kEs256);
  const std::shared_ptr<const TokenVerifier> verifier_ = VerifierFor(OptionsFor(key_));
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_TOKEN_VERIFIER_FIXTURE_H_
