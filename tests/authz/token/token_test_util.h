// Keys and tokens for the tests of authz/token.
#ifndef WARDEN_TESTS_AUTHZ_TOKEN_TOKEN_TEST_UTIL_H_
#define WARDEN_TESTS_AUTHZ_TOKEN_TOKEN_TEST_UTIL_H_

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "authz/token/jwks.h"
#include "authz/token/signer.h"
#include "authz/token/verifier.h"
#include "nlohmann/json.hpp"

namespace warden::testing {

inline constexpr char kIssuer[] = "https://auth.shop.example";
inline constexpr char kAudience[] = "orders";
inline constexpr int64_t kNowSeconds = 1'800'000'000;

absl::Time Now();

// A key made once per program; its kid is "test-" and the algorithm's name.
const SigningKey& TestKey(Algorithm algorithm);

// The set of the keys, with everything that their JWKs say (secrets of HMACs included).
std::shared_ptr<const KeySet> KeysOf(std::initializer_list<const SigningKey*> keys);

// Trusts the key's tokens of kIssuer for kAudience, with a leeway of 60 s.
IssuerOptions OptionsFor(const SigningKey& key);
std::shared_ptr<const TokenVerifier> VerifierFor(const IssuerOptions& options,
                                                 TokenLimits limits = {});

// {"iss": kIssuer, "aud": kAudience, "sub": "alice", "iat": now - 10, "exp": now + 300}
nlohmann::json GoodClaims();

std::string Mint(const SigningKey& key, const nlohmann::json& claims);

// Signs texts as they are, JSON or not.
std::string SignTexts(const SigningKey& key, std::string_view header, std::string_view payload);

// The header that `Mint` writes, as text, for SignTexts.
std::string GoodHeader(const SigningKey& key);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_AUTHZ_TOKEN_TOKEN_TEST_UTIL_H_
