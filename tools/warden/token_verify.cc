#include "tools/warden/token_verify.h"

#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "authz/token/base64url.h"
#include "authz/token/strict_json.h"
#include "authz/token/verifier.h"
#include "nlohmann/json.hpp"
#include "tools/warden/commands.h"
#include "tools/warden/token_files.h"

namespace warden::cli {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // the verdict first

constexpr char kDescription[] =
    "Verify a token (JWT) and print the verdict as JSON.\n"
    "  {\"verdict\":\"valid\",\"claims\":{...}}         exit status 0\n"
    "  {\"verdict\":\"rejected\",\"reason\":\"expired\"}  exit status 1; details on standard "
    "error\n"
    "  bad usage, unreadable file, no key set       exit status 2\n"
    "\n"
    "The token is the file's bytes exactly as they stand: a newline at the end makes it "
    "malformed.\n"
    "`exp` is always required. A token with `aud` needs an --audience that it names. With --jwks\n"
    "`iss` is compared only where --issuer is given; with --trust it must be one of the issuers,\n"
    "and only that issuer's keys are tried. Keys that cannot be trusted (weak, broken, not for\n"
    "signatures) are set aside; if none remains, the verdict is \"rejected\" with "
    "\"key_unusable\".";

struct VerifyOptions {
  std::string jwks;
  std::optional<std::string> issuer;
  std::vector<std::string> trust;
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms;
  std::vector<std::string> require;
  std::vector<std::string> types;
  std::string now;
  std::string leeway = "60s";
  size_t max_bytes = TokenLimits{}.max_token_bytes;
  bool signature_only = false;
  std::string token_file;
  std::string standard_input;
};

int Fail(const std::string& message) {
  std::cerr << "warden: " << message << '\n';
  return kUsage;
}

int Reject(TokenRefusal refusal, const std::string& detail) {
  OrderedJson verdict;
  verdict["verdict"] = "rejected";
  verdict["reason"] = std::string(ToString(refusal));
  std::cout << verdict << '\n';
  if (!detail.empty()) std::cerr << "warden: " << detail << '\n';
  return kNo;
}

int Accept(const char* what, const Json& value) {
  OrderedJson verdict;
  verdict["verdict"] = "valid";
  verdict[what] = value;
  std::cout << verdict << '\n';
  return kYes;
}

std::optional<absl::Time> ReadNow(const std::string& text) {
  if (text.empty()) return absl::Now();
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !std::isfinite(seconds) ||
      std::fabs(seconds) > 253402300799.0) {
    return std::nullopt;
  }
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// Whose keys stand where: the issuer and the file.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadTrust(
    const VerifyOptions& options) {
  if (options.jwks.empty() == options.trust.empty()) {
    return absl::InvalidArgumentError("give either --jwks or --trust");
  }
  if (options.issuer.has_value() && options.jwks.empty()) {
    return absl::InvalidArgumentError("--issuer goes with --jwks");
  }
  std::vector<std::pair<std::string, std::string>> trust;
  if (!options.jwks.empty()) trust.emplace_back(options.issuer.value_or(""), options.jwks);
  for (const std::string& text : options.trust) {
    const size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return absl::InvalidArgumentError(absl::StrCat("--trust ", text, ": not ISSUER=JWKS_FILE"));
    }
    trust.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return trust;
}

// The algorithms of the keys: the files were named by the user, so also HMAC secrets count.
std::vector<std::string> AlgorithmsOf(const KeySet& keys) {
  std::vector<std::string> names;
  for (Algorithm algorithm : AllAlgorithms()) {
    if (keys.algorithms().Contains(algorithm)) names.emplace_back(AlgorithmName(algorithm));
  }
  return names;
}

absl::StatusOr<std::shared_ptr<const TokenVerifier>> MakeVerifier(const VerifyOptions& options) {
  const auto trust = ReadTrust(options);
  if (!trust.ok()) return trust.status();
  absl::Duration leeway;
  if (!absl::ParseDuration(options.leeway, &leeway)) {
    return absl::InvalidArgumentError("--leeway: not a duration such as 60s");
  }
  std::vector<IssuerOptions> issuers;
  for (const auto& [issuer, file] : *trust) {
    KeySetOptions key_options;
    key_options.allow_single_key = true;
    key_options.insecure_allow_private_members = true;  // test vectors come with them
    const auto keys = KeySet::FromFile(file, key_options);
    if (!keys.ok()) return keys.status();
    for (const KeySet::Skipped& skipped : (*keys)->skipped()) {
      std::cerr << "warden: " << file << ": set aside: " << skipped.ToString() << '\n';
    }
    IssuerOptions made;
    made.issuer = issuer;
    made.keys = *keys;
    made.audiences = options.audiences;
    made.algorithms = options.algorithms.empty() ? AlgorithmsOf(**keys) : options.algorithms;
    made.required_claims = options.require;
    made.types = options.types;
    made.leeway = leeway;
    made.insecure_allow_missing_audience = options.audiences.empty();
    made.insecure_allow_any_issuer = !options.jwks.empty() && !options.issuer.has_value();
    issuers.push_back(std::move(made));
  }
  TokenLimits limits;
  limits.max_token_bytes = options.max_bytes;
  return TokenVerifier::Create(std::move(issuers), limits);
}

int VerifySignatureOnly(const TokenVerifier& verifier, const std::string& token) {
  const SignatureResult result = verifier.InsecureVerifySignatureOnly(token);
  if (result.refusal != TokenRefusal::kNone) return Reject(result.refusal, result.detail);
  const absl::StatusOr<Json> claims = ParseStrictJson(result.payload, TokenLimits{}.max_json_depth);
  if (claims.ok() && claims->is_object()) return Accept("claims", *claims);
  return Accept("payload", Base64UrlEncode(result.payload));
}

int VerifyToken(const VerifyOptions& options) {
  if (options.token_file.empty() == options.standard_input.empty() ||
      (!options.standard_input.empty() && options.standard_input != "-")) {
    return Fail("give either --token-file FILE, or - for standard input");
  }
  const std::optional<absl::Time> now = ReadNow(options.now);
  if (!now.has_value()) return Fail("--now: not a time in seconds since 1970");
  if (options.signature_only &&
      !(options.audiences.empty() && options.require.empty() && options.types.empty())) {
    std::cerr << "warden: --signature-only checks neither claims nor typ\n";
  }
  const std::string& file = options.token_file.empty() ? "-" : options.token_file;
  // One byte more than the bound shows that the token is too long.
  const absl::StatusOr<std::string> token = ReadAtMost(file, options.max_bytes + 1);
  if (!token.ok()) return Fail(std::string(token.status().message()));
  const auto verifier = MakeVerifier(options);
  if (absl::IsFailedPrecondition(verifier.status())) {
    return Reject(TokenRefusal::kKeyUnusable, std::string(verifier.status().message()));
  }
  if (!verifier.ok()) return Fail(std::string(verifier.status().message()));
  if (options.signature_only) return VerifySignatureOnly(**verifier, *token);
  const TokenResult result = (*verifier)->Verify(*token, *now);
  if (result.token == nullptr) return Reject(result.refusal, result.detail);
  return Accept("claims", result.token->claims());
}

}  // namespace

void AddTokenVerify(CLI::App& token, int* status) {
  CLI::App* verify = token.add_subcommand("verify", kDescription);
  const auto options = std::make_shared<VerifyOptions>();
  verify->add_option("--jwks", options->jwks, "The keys: a JWK set, or one JWK");
  verify->add_option("--issuer", options->issuer, "What `iss` must be, with --jwks");
  verify
      ->add_option("--trust", options->trust,
                   "ISSUER=JWKS_FILE, split at the last `=`; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verify->add_option("--audience", options->audiences, "What `aud` must name; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  verify
      ->add_option("--algorithms", options->algorithms,
                   "Who may sign, such as ES256,RS256; all that the keys are for where absent")
      ->delimiter(',')
      ->allow_extra_args(false);
  verify->add_option("--require", options->require, "Claims that must be there, besides `exp`")
      ->delimiter(',')
      ->allow_extra_args(false);
  verify->add_option("--typ", options->types, "What `typ` must be, such as at+jwt")
      ->delimiter(',')
      ->allow_extra_args(false);
  verify->add_option("--now", options->now,
                     "The time, in seconds since 1970; the clock's if absent");
  verify->add_option("--leeway", options->leeway, "How far clocks may differ, at most 5m")
      ->capture_default_str();
  verify
      ->add_option("--max-bytes", options->max_bytes,
                   "Longer tokens are rejected before they are decoded")
      ->check(CLI::Range(size_t{1}, size_t{1} << 20))
      ->capture_default_str();
  verify->add_flag("--signature-only", options->signature_only,
                   "Check the JWS alone and take any payload; one that is not a JSON object is "
                   "printed as base64url in \"payload\"");
  verify->add_option("--token-file", options->token_file, "The token");
  verify->add_option("standard_input", options->standard_input, "- reads the token from there")
      ->option_text("-");
  verify->callback([options, status] { *status = VerifyToken(*options); });
}

}  // namespace warden::cli
