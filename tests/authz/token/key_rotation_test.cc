// Tokens and remembered tokens while an issuer's keys change.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/token/token_cache.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using ::warden::testing::GoodClaims;
using ::warden::testing::KeysOf;
using ::warden::testing::Mint;
using ::warden::testing::Now;
using ::warden::testing::OptionsFor;
using ::warden::testing::TestKey;

const SigningKey& OldKey() { return TestKey(Algorithm::kEs256); }
const SigningKey& NewKey() { return TestKey(Algorithm::kEdDsa); }

IssuerOptions Options() {
  IssuerOptions options = OptionsFor(OldKey());
  options.algorithms = {"ES256", "EdDSA"};
  return options;
}

std::shared_ptr<const TokenVerifier> Start() { return TokenVerifier::Create({Options()}).value(); }

class Listener final : public OutdatedKeysListener {
 public:
  void OnOutdatedKeys(size_t issuer) override {
    last = issuer;
    ++calls;
  }
  std::atomic<int> calls{0};
  std::atomic<size_t> last{99};
};

TEST(KeyRotationTest, RememberedTokensStayWhileTheirKeyDoes) {
  const auto first = Start();
  TokenCache cache(first, 100);
  const std::string token = Mint(OldKey(), GoodClaims());
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  bool hit = false;
  const auto both = first->WithKeys(0, KeysOf({&OldKey(), &NewKey()})).value();
  cache.ReplaceKeys(both);
  EXPECT_NE(cache.Verify(token, Now(), &hit).token, nullptr);
  EXPECT_TRUE(hit);
  EXPECT_NE(cache.Verify(Mint(NewKey(), GoodClaims()), Now()).token, nullptr);

  const auto last = both->WithKeys(0, KeysOf({&NewKey()})).value();
  cache.ReplaceKeys(last);
  EXPECT_EQ(cache.Verify(token, Now(), &hit).refusal, TokenRefusal::kKeyUnknown);
  EXPECT_FALSE(hit);
  EXPECT_NE(cache.Verify(Mint(NewKey(), GoodClaims()), Now(), &hit).token, nullptr);
  EXPECT_TRUE(hit);
}

TEST(KeyRotationTest, AKeyThatComesBackIsVerifiedAnew) {
  const auto first = Start();
  TokenCache cache(first, 100);
  const std::string token = Mint(OldKey(), GoodClaims());
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  cache.ReplaceKeys(first->WithKeys(0, KeysOf({&NewKey()})).value());
  cache.ReplaceKeys(first);
  EXPECT_NE(cache.Verify(token, Now()).token, nullptr);
}

// Another key under the old one's `kid`, or the same key for another algorithm or under another
// `kid`: what was remembered must not outlive it.
TEST(KeyRotationTest, RememberedTokensDieWithAnyChangeOfTheirKey) {
  const auto first = Start();
  const std::string token = Mint(OldKey(), GoodClaims());
  const nlohmann::json old_jwk = OldKey().PublicJwk().value();
  nlohmann::json same_kid = NewKey().PublicJwk().value();
  same_kid["kid"] = old_jwk["kid"];
  nlohmann::json other_kid = old_jwk;
  other_kid["kid"] = "renamed";
  nlohmann::json unused = old_jwk;
  unused["use"] = "enc";
  for (const nlohmann::json& changed : {same_kid, other_kid}) {
    TokenCache cache(first, 100);
    ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
    const auto keys = KeySet::Parse(nlohmann::json{{"keys", {changed}}}.dump()).value();
    cache.ReplaceKeys(first->WithKeys(0, keys).value());
    bool hit = true;
    EXPECT_EQ(cache.Verify(token, Now(), &hit).token, nullptr) << changed;
    EXPECT_FALSE(hit);
  }
  TokenCache cache(first, 100);
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  const auto keys =
      KeySet::Parse(nlohmann::json{{"keys", {unused, NewKey().PublicJwk().value()}}}.dump())
          .value();
  cache.ReplaceKeys(first->WithKeys(0, keys).value());
  EXPECT_EQ(cache.Verify(token, Now()).refusal, TokenRefusal::kKeyUnusable);
}

TEST(KeyRotationTest, TokensWithoutKidFollowTheirKey) {
  const auto first = Start();
  TokenCache cache(first, 100);
  const std::string token = testing::SignTexts(OldKey(), R"({"alg":"ES256"})", GoodClaims().dump());
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  bool hit = false;
  const auto both = first->WithKeys(0, KeysOf({&NewKey(), &OldKey()})).value();
  cache.ReplaceKeys(both);
  EXPECT_NE(cache.Verify(token, Now(), &hit).token, nullptr);
  EXPECT_TRUE(hit);
  cache.ReplaceKeys(both->WithKeys(0, KeysOf({&NewKey()})).value());
  EXPECT_EQ(cache.Verify(token, Now(), &hit).token, nullptr);
}

// It may be revoked under the new name, which the remembered token does not have.
TEST(KeyRotationTest, ATokenWithoutKidGetsTheNewNameOfItsKey) {
  const auto first = Start();
  TokenCache cache(first, 100);
  const std::string token = testing::SignTexts(OldKey(), R"({"alg":"ES256"})", GoodClaims().dump());
  EXPECT_EQ(cache.Verify(token, Now()).token->key_id(), "test-ES256");
  nlohmann::json renamed = OldKey().PublicJwk().value();
  renamed["kid"] = "renamed";
  const auto keys = KeySet::Parse(nlohmann::json{{"keys", {renamed}}}.dump()).value();
  cache.ReplaceKeys(first->WithKeys(0, keys).value());
  EXPECT_EQ(cache.Verify(token, Now()).token->key_id(), "renamed");
}

TEST(KeyRotationTest, WithoutKeysNothingIsBelieved) {
  const auto first = Start();
  const auto listener = std::make_shared<Listener>();
  TokenCache cache(first, 100, listener);
  const std::string token = Mint(OldKey(), GoodClaims());
  ASSERT_NE(cache.Verify(token, Now()).token, nullptr);
  EXPECT_EQ(listener->calls, 0);
  const auto none = first->WithKeys(0, nullptr).value();
  cache.ReplaceKeys(none);
  EXPECT_EQ(cache.Verify(token, Now()).refusal, TokenRefusal::kKeysUnavailable);
  EXPECT_EQ(listener->calls, 1);
  EXPECT_EQ(listener->last, 0);
  cache.ReplaceKeys(none->WithKeys(0, KeysOf({&OldKey()})).value());
  EXPECT_NE(cache.Verify(token, Now()).token, nullptr);
}

TEST(KeyRotationTest, KeysMayComeLater) {
  IssuerOptions options = Options();
  options.keys = nullptr;
  EXPECT_FALSE(TokenVerifier::Create({options}).ok());
  options.keys_come_later = true;
  const auto verifier = TokenVerifier::Create({options}).value();
  const std::string token = Mint(OldKey(), GoodClaims());
  EXPECT_EQ(verifier->Verify(token, Now()).refusal, TokenRefusal::kKeysUnavailable);
  EXPECT_EQ(verifier->WithKeys(1, nullptr).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(verifier->WithKeys(0, KeysOf({&TestKey(Algorithm::kRs256)})).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(verifier->WithKeys(0, KeysOf({&OldKey()})).value()->Verify(token, Now()).token,
            nullptr);
}

TEST(KeyRotationTest, OtherIssuersKeysStay) {
  IssuerOptions other = Options();
  other.issuer = "https://other.example";
  const auto first = TokenVerifier::Create({Options(), other}).value();
  TokenCache cache(first, 100);
  const std::string token = Mint(OldKey(), GoodClaims());
  nlohmann::json claims = GoodClaims();
  claims["iss"] = other.issuer;
  const std::string other_token = Mint(OldKey(), claims);
  cache.Verify(token, Now());
  cache.Verify(other_token, Now());
  cache.ReplaceKeys(first->WithKeys(1, nullptr).value());
  bool hit = false;
  EXPECT_NE(cache.Verify(token, Now(), &hit).token, nullptr);
  EXPECT_TRUE(hit);
  EXPECT_EQ(cache.Verify(other_token, Now()).refusal, TokenRefusal::kKeysUnavailable);
}

TEST(KeyRotationTest, OnlyUnknownKeysAskForNewerOnes) {
  const auto listener = std::make_shared<Listener>();
  TokenCache cache(Start(), 100, listener);
  std::string forged = Mint(OldKey(), GoodClaims());
  forged.replace(forged.size() - 8, 8, "AAAAAAAA");
  EXPECT_EQ(cache.Verify(forged, Now()).refusal, TokenRefusal::kSignature);
  EXPECT_EQ(cache.Verify("a.b.c", Now()).refusal, TokenRefusal::kMalformed);
  EXPECT_EQ(cache.Verify(Mint(TestKey(Algorithm::kRs256), GoodClaims()), Now()).refusal,
            TokenRefusal::kAlgorithmNotAllowed);
  nlohmann::json claims = GoodClaims();
  claims["aud"] = "others";
  EXPECT_EQ(cache.Verify(Mint(OldKey(), claims), Now()).refusal, TokenRefusal::kAudience);
  EXPECT_EQ(listener->calls, 0);
  EXPECT_EQ(cache.Verify(Mint(NewKey(), GoodClaims()), Now()).refusal, TokenRefusal::kKeyUnknown);
  EXPECT_EQ(listener->calls, 1);
}

// Both keys overlap while threads verify tokens of either: no token may ever be refused.
TEST(KeyRotationTest, NoTokenOfAnOverlappingKeyIsRefused) {
  const auto first = Start();
  TokenCache cache(first, 64);
  std::vector<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    nlohmann::json claims = GoodClaims();
    claims["sub"] = absl::StrCat("user-", i);
    tokens.push_back(Mint(OldKey(), claims));
  }
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0};
  std::atomic<int> verified{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = static_cast<size_t>(t); !stop; i += 7) {
        const TokenResult result = cache.Verify(tokens[i % tokens.size()], Now());
        ++(result.token == nullptr ? refused : verified);
      }
    });
  }
  const auto both = first->WithKeys(0, KeysOf({&NewKey(), &OldKey()})).value();
  for (int i = 0; i < 500 || verified < 1000; ++i) cache.ReplaceKeys(i % 2 == 0 ? both : first);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
}

TEST(KeyIdentityTest, IsTheThumbprintOfRfc7638) {
  // RFC 7638 section 3.1.
  const auto key = VerificationKey::FromJwk(nlohmann::json::parse(R"({
    "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
  })"));
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string octets(key->identity().begin(), key->identity().end());
  EXPECT_EQ(octets.size(), 32);
  EXPECT_EQ(key->bits(), 2048);
  std::string hex;
  for (const char c : octets)
    absl::StrAppend(&hex, absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
  EXPECT_EQ(hex, "3736cbb1787cb8309c77ee8c3705c5e16ffb9e859715901f1e4c59b11182f57b");
}

}  // namespace
}  // namespace warden
