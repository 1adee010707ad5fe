#include "tests/authz/token/token_test_util.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"

namespace warden::testing {
namespace {

using Json = nlohmann::json;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << '\n';
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

absl::Time Now() { return absl::FromUnixSeconds(kNowSeconds); }

const SigningKey& TestKey(Algorithm algorithm) {
  static std::mutex mutex;
  static std::array<std::optional<SigningKey>, kAlgorithmCount> keys;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& key = keys[static_cast<size_t>(algorithm)];
  if (!key.has_value()) {
    const std::string kid = absl::StrCat("test-", std::string(AlgorithmName(algorithm)));
    key = OrDie(SigningKey::Generate(algorithm, kid));
  }
  return *key;
}

std::shared_ptr<const KeySet> KeysOf(std::initializer_list<const SigningKey*> keys) {
  Json list = Json::array();
  for (const SigningKey* key : keys) {
    list.push_back(
        OrDie(IsSymmetric(key->algorithm()) ? key->InsecureSecretJwk() : key->PublicJwk()));
  }
  return OrDie(KeySet::Parse(Json{{"keys", list}}.dump()));
}

IssuerOptions OptionsFor(const SigningKey& key) {
  IssuerOptions options;
  options.issuer = kIssuer;
  options.keys = KeysOf({&key});
  options.audiences = {kAudience};
  options.algorithms = {std::string(AlgorithmName(key.algorithm()))};
  return options;
}

std::shared_ptr<const TokenVerifier> VerifierFor(const IssuerOptions& options, TokenLimits limits) {
  return OrDie(TokenVerifier::Create({options}, limits));
}

Json GoodClaims() {
  return {{"iss", kIssuer},
          {"aud", kAudience},
          {"sub", "alice"},
          {"iat", kNowSeconds - 10},
          {"exp", kNowSeconds + 300}};
}

std::string Mint(const SigningKey& key, const Json& claims) {
  return OrDie(key.SignCompact({{"typ", "JWT"}}, claims.dump()));
}

std::string SignTexts(const SigningKey& key, std::string_view header, std::string_view payload) {
  const std::string input = absl::StrCat(Base64UrlEncode(header), ".", Base64UrlEncode(payload));
  return absl::StrCat(input, ".", Base64UrlEncode(OrDie(key.Sign(input))));
}

std::string GoodHeader(const SigningKey& key) {
  return Json{
      {"alg", std::string(AlgorithmName(key.algorithm()))}, {"kid", key.key_id()}, {"typ", "JWT"}}
      .dump();
}

}  // namespace warden::testing
