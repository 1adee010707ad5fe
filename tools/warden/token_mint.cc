#include "tools/warden/token_mint.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "authz/token/algorithm.h"
#include "authz/token/signer.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"
#include "tools/warden/commands.h"
#include "tools/warden/token_files.h"

namespace warden::cli {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxKeyBytes = 65536;
constexpr size_t kMaxClaimDepth = 32;

constexpr char kDescription[] =
    "Sign a token for development and print it, and nothing else, on standard output.\n"
    "No newline follows it unless standard output is a terminal, so that the output can be\n"
    "verified as it stands. Exit status: 0 printed, 2 bad usage or key";

struct MintOptions {
  std::string key;
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  std::string expires_in = "1h";
  std::string not_before_in;
  std::vector<std::string> claims;
  std::optional<std::string> key_id;
  std::string algorithm;
  std::string type = "JWT";
  std::optional<int64_t> now;
};

int Fail(const std::string& message) {
  std::cerr << "warden: " << message << '\n';
  return kUsage;
}

absl::StatusOr<std::optional<Algorithm>> ReadAlgorithm(const std::string& name) {
  if (name.empty()) return std::optional<Algorithm>();
  const std::optional<Algorithm> algorithm = ParseAlgorithm(name);
  if (algorithm.has_value()) return algorithm;
  return absl::InvalidArgumentError(absl::StrCat("--algorithm ", name, ": unknown"));
}

absl::StatusOr<SigningKey> ReadKey(const MintOptions& options) {
  const auto algorithm = ReadAlgorithm(options.algorithm);
  if (!algorithm.ok()) return algorithm.status();
  const absl::StatusOr<std::string> text = ReadAtMost(options.key, kMaxKeyBytes);
  if (!text.ok()) return text.status();
  const size_t first = text->find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && (*text)[first] == '{';
  absl::StatusOr<SigningKey> key =
      is_json ? SigningKey::FromJwk(*text, *algorithm)
              : SigningKey::FromPem(*text, options.key_id.value_or(""), *algorithm);
  if (key.ok()) return key;
  return absl::InvalidArgumentError(absl::StrCat(options.key, ": ", key.status().message()));
}

// The duration from now as a NumericDate.
absl::StatusOr<int64_t> After(absl::Time now, const std::string& text, const char* option) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": not a duration such as 15m"));
  }
  return absl::ToUnixSeconds(now + duration);
}

absl::StatusOr<Json> MakeClaims(const MintOptions& options) {
  const absl::Time now =
      options.now.has_value() ? absl::FromUnixSeconds(*options.now) : absl::Now();
  Json claims = {{"iat", absl::ToUnixSeconds(now)}};
  const absl::StatusOr<int64_t> expires = After(now, options.expires_in, "--expires-in");
  if (!expires.ok()) return expires.status();
  claims["exp"] = *expires;
  if (!options.not_before_in.empty()) {
    const absl::StatusOr<int64_t> not_before = After(now, options.not_before_in, "--not-before-in");
    if (!not_before.ok()) return not_before.status();
    claims["nbf"] = *not_before;
  }
  if (!options.issuer.empty()) claims["iss"] = options.issuer;
  if (!options.subject.empty()) claims["sub"] = options.subject;
  if (options.audiences.size() == 1) claims["aud"] = options.audiences.front();
  if (options.audiences.size() > 1) claims["aud"] = options.audiences;
  for (const std::string& claim : options.claims) {
    const size_t equals = claim.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--claim ", claim, ": not NAME=VALUE"));
    }
    const std::string value = claim.substr(equals + 1);
    absl::StatusOr<Json> parsed = ParseStrictJson(value, kMaxClaimDepth);
    claims[claim.substr(0, equals)] = parsed.ok() ? *parsed : Json(value);
  }
  return claims;
}

int Mint(const MintOptions& options) {
  const absl::StatusOr<SigningKey> key = ReadKey(options);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  const absl::StatusOr<Json> claims = MakeClaims(options);
  if (!claims.ok()) return Fail(std::string(claims.status().message()));
  Json header = Json::object();
  if (!options.type.empty()) header["typ"] = options.type;
  if (options.key_id.has_value()) header["kid"] = *options.key_id;
  const absl::StatusOr<std::string> token = key->SignCompact(header, claims->dump());
  if (!token.ok()) return Fail(std::string(token.status().message()));
  std::cout << *token;
  if (isatty(STDOUT_FILENO) == 1) std::cout << '\n';
  return kYes;
}

struct KeygenOptions {
  std::string algorithm = "ES256";
  std::string key_id;
  std::string private_out;
  std::string jwks_out;
  bool force = false;
};

int Keygen(const KeygenOptions& options) {
  const auto algorithm = ReadAlgorithm(options.algorithm);
  if (!algorithm.ok()) return Fail(std::string(algorithm.status().message()));
  if (IsSymmetric(**algorithm) && !options.jwks_out.empty()) {
    return Fail("an HMAC secret has no public part: leave out --jwks-out");
  }
  for (const std::string& path : {options.private_out, options.jwks_out}) {
    if (!options.force && !path.empty() && access(path.c_str(), F_OK) == 0) {
      return Fail(absl::StrCat(path, ": exists; --force replaces it"));
    }
  }
  const absl::StatusOr<SigningKey> key = SigningKey::Generate(**algorithm, options.key_id);
  if (!key.ok()) return Fail(std::string(key.status().message()));
  const absl::StatusOr<Json> secret = key->InsecureSecretJwk();
  if (!secret.ok()) return Fail(std::string(secret.status().message()));
  absl::Status written =
      WriteWholly(options.private_out, secret->dump() + "\n", 0600, options.force);
  if (written.ok() && !options.jwks_out.empty()) {
    const absl::StatusOr<Json> jwk = key->PublicJwk();
    if (!jwk.ok()) return Fail(std::string(jwk.status().message()));
    const Json set = {{"keys", Json::array({*jwk})}};
    written = WriteWholly(options.jwks_out, set.dump(2) + "\n", 0644, options.force);
  }
  if (!written.ok()) return Fail(std::string(written.message()));
  return kYes;
}

}  // namespace

void AddTokenMint(CLI::App& token, int* status) {
  CLI::App* mint = token.add_subcommand("mint", kDescription);
  const auto options = std::make_shared<MintOptions>();
  mint->add_option("--key", options->key, "The private key: a JWK, or PEM")->required();
  mint->add_option("--issuer", options->issuer, "`iss`");
  mint->add_option("--subject", options->subject, "`sub`");
  mint->add_option("--audience", options->audiences, "`aud`; a list where repeated")
      ->take_all()
      ->allow_extra_args(false);
  mint->add_option("--expires-in", options->expires_in,
                   "`exp`, from now on; may be negative: --expires-in=-5m")
      ->capture_default_str();
  mint->add_option("--not-before-in", options->not_before_in, "`nbf`, from now on");
  mint->add_option("--claim", options->claims,
                   "NAME=VALUE, where VALUE is JSON or else a text: roles='[\"reader\"]'; may be "
                   "repeated, and replaces the claims of the other options")
      ->take_all()
      ->allow_extra_args(false);
  mint->add_option("--kid", options->key_id, "`kid` of the header; the JWK's where absent");
  mint->add_option("--algorithm", options->algorithm,
                   "`alg`; where absent the key's, RS256 for an RSA key");
  mint->add_option("--typ", options->type, "`typ` of the header; none where empty")
      ->capture_default_str();
  mint->add_option("--now", options->now, "The time, in seconds since 1970; the clock's if absent");
  mint->callback([options, status] { *status = Mint(*options); });
}

void AddTokenKeygen(CLI::App& token, int* status) {
  CLI::App* keygen = token.add_subcommand(
      "keygen",
      "Make a signing key for development: a private JWK, readable by its owner alone, and the\n"
      "JWK set to verify with. Exit status: 0 made, 2 bad usage, or a file exists");
  const auto options = std::make_shared<KeygenOptions>();
  keygen->add_option("--algorithm", options->algorithm, "ES256, RS256, EdDSA, ...")
      ->capture_default_str();
  keygen->add_option("--kid", options->key_id, "The key's name")->required();
  keygen->add_option("--private-out", options->private_out, "Where the private JWK goes")
      ->required();
  keygen->add_option("--jwks-out", options->jwks_out, "Where the public JWK set goes");
  keygen->add_flag("--force", options->force, "Replace existing files");
  keygen->callback([options, status] { *status = Keygen(*options); });
}

}  // namespace warden::cli
