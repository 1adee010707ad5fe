#include "authz/token/verifier.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/token/claims.h"
#include "authz/token/compact_jws.h"
#include "authz/token/refused.h"
#include "authz/token/trusted_issuer.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

std::vector<std::string> CheckLimits(const TokenLimits& limits) {
  std::vector<std::string> problems;
  if (limits.max_token_bytes == 0 || limits.max_token_bytes > (size_t{1} << 20)) {
    problems.push_back("limits.max_token_bytes: is not from 1 to 1048576");
  }
  if (limits.max_keys_tried == 0) problems.push_back("limits.max_keys_tried: is 0");
  if (limits.max_json_depth == 0 || limits.max_json_depth > 256) {
    problems.push_back("limits.max_json_depth: is not from 1 to 256");
  }
  return problems;
}

}  // namespace

VerifiedToken::VerifiedToken() = default;
VerifiedToken::~VerifiedToken() = default;

struct TokenVerifier::Authentic {
  CompactJws jws;
  size_t issuer = 0;
  KeyIdentity signer{};
  std::optional<std::string> header_key_id;
};

struct TokenVerifier::Findings {
  std::string algorithm = "unknown";
  std::optional<size_t> outdated_issuer;
};

TokenVerifier::TokenVerifier() = default;
TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<std::shared_ptr<const TokenVerifier>> TokenVerifier::Create(
    std::vector<IssuerOptions> issuers, TokenLimits limits) {
  std::shared_ptr<TokenVerifier> verifier(new TokenVerifier());
  verifier->limits_ = limits;
  std::vector<std::string> problems = CheckLimits(limits);
  if (issuers.empty()) problems.push_back("issuers: are missing");
  for (size_t i = 0; i < issuers.size(); ++i) {
    const std::string place = absl::StrCat("issuers[", i, "]");
    if (issuers[i].insecure_allow_any_issuer && issuers.size() > 1) {
      problems.push_back(absl::StrCat(place, ": any issuer is allowed, but there are several"));
    }
    auto issuer = std::make_shared<const TrustedIssuer>(std::move(issuers[i]), place, &problems);
    if (!verifier->by_name_.emplace(issuer->name(), i).second) {
      problems.push_back(absl::StrCat(place, ".issuer: ", issuer->name(), " is there twice"));
    }
    verifier->algorithms_ = verifier->algorithms_.Unite(issuer->algorithms());
    verifier->issuers_.push_back(std::move(issuer));
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "; "));
  for (size_t i = 0; i < verifier->issuers_.size(); ++i) {
    const std::string why = verifier->issuers_[i]->WhyUseless();
    if (!why.empty()) problems.push_back(absl::StrCat("issuers[", i, "].keys: ", why));
  }
  if (!problems.empty()) return absl::FailedPreconditionError(absl::StrJoin(problems, "; "));
  return verifier;
}

absl::StatusOr<std::shared_ptr<const TokenVerifier>> TokenVerifier::WithKeys(
    size_t issuer, std::shared_ptr<const KeySet> keys) const {
  if (issuer >= issuers_.size()) return absl::OutOfRangeError("there is no such issuer");
  auto changed = std::make_shared<const TrustedIssuer>(issuers_[issuer]->WithKeys(std::move(keys)));
  if (const std::string why = changed->WhyUseless(); !why.empty()) {
    return absl::FailedPreconditionError(why);
  }
  std::shared_ptr<TokenVerifier> verifier(new TokenVerifier());
  verifier->limits_ = limits_;
  verifier->issuers_ = issuers_;
  verifier->by_name_ = by_name_;
  verifier->algorithms_ = algorithms_;
  verifier->issuers_[issuer] = std::move(changed);
  return verifier;
}

bool TokenVerifier::StillTrusts(const VerifiedToken& token) const {
  if (token.issuer_index_ >= issuers_.size()) return false;
  return issuers_[token.issuer_index_]->StillTrusts(
      token.signer_, token.key_id_, token.header_key_id_, token.algorithm_, limits_.max_keys_tried);
}

std::variant<size_t, Refused> TokenVerifier::ChooseIssuer(const CompactJws& jws) const {
  if (issuers_.size() == 1) return size_t{0};
  // Not yet verified: it only says whose keys have to have signed the token.
  const auto claims = ParseClaims(jws.payload, limits_.max_json_depth);
  if (const auto* refused = std::get_if<Refused>(&claims)) return *refused;
  const auto iss = std::get<Json>(claims).find("iss");
  if (iss == std::get<Json>(claims).end()) {
    return Refused{TokenRefusal::kIssuer, "the token has no iss"};
  }
  if (!iss->is_string()) return Refused{TokenRefusal::kBadClaim, "iss is not a string"};
  const auto found = by_name_.find(iss->get_ref<const std::string&>());
  if (found == by_name_.end()) {
    return Refused{TokenRefusal::kIssuer,
                   absl::StrCat("iss is ", QuoteForLog(iss->get_ref<const std::string&>()))};
  }
  return found->second;
}

std::variant<TokenVerifier::Authentic, Refused> TokenVerifier::Authenticate(
    std::string_view compact, Findings* findings) const {
  auto parsed = ParseCompactJws(compact, limits_.max_token_bytes, limits_.max_json_depth);
  if (auto* refused = std::get_if<Refused>(&parsed)) return std::move(*refused);
  Authentic authentic{.jws = std::get<CompactJws>(std::move(parsed))};
  findings->algorithm = AlgorithmName(authentic.jws.algorithm);
  if (!algorithms_.Contains(authentic.jws.algorithm)) {
    return Refused{TokenRefusal::kAlgorithmNotAllowed,
                   absl::StrCat("only ", algorithms_.ToString(), " may sign")};
  }
  const auto issuer = ChooseIssuer(authentic.jws);
  if (const auto* refused = std::get_if<Refused>(&issuer)) return *refused;
  authentic.issuer = std::get<size_t>(issuer);
  const TrustedIssuer& trusted = *issuers_[authentic.issuer];
  auto signer = trusted.CheckSignature(authentic.jws, limits_.max_keys_tried);
  if (auto* refused = std::get_if<Refused>(&signer)) {
    if (refused->refusal != TokenRefusal::kAlgorithmNotAllowed &&
        !trusted.NamesAKey(authentic.jws.key_id)) {
      findings->outdated_issuer = authentic.issuer;
    }
    return std::move(*refused);
  }
  const VerificationKey& key = *std::get<const VerificationKey*>(signer);
  authentic.signer = key.identity();
  authentic.header_key_id = authentic.jws.key_id;
  // Which key it was is not for the token to say: a header without kid would hide a revoked key.
  if (key.key_id().has_value()) authentic.jws.key_id = key.key_id();
  return authentic;
}

std::variant<std::shared_ptr<const VerifiedToken>, Refused> TokenVerifier::Accept(
    Authentic authentic, absl::Time now) const {
  const TrustedIssuer& issuer = *issuers_[authentic.issuer];
  if (auto refused = issuer.CheckType(authentic.jws.type)) return *std::move(refused);
  auto parsed = ParseClaims(authentic.jws.payload, limits_.max_json_depth);
  if (auto* refused = std::get_if<Refused>(&parsed)) return std::move(*refused);
  Json& claims = std::get<Json>(parsed);
  auto read = ReadClaims(claims);
  if (auto* refused = std::get_if<Refused>(&read)) return std::move(*refused);
  auto& registered = std::get<RegisteredClaims>(read);
  if (auto refused = issuer.CheckClaims(registered, claims, now)) return *std::move(refused);

  auto subject = issuer.Subject(registered, claims);
  if (auto* refused = std::get_if<Refused>(&subject)) return std::move(*refused);
  auto binding = ReadBinding(claims, issuer.binding_rules());
  if (auto* refused = std::get_if<Refused>(&binding)) return std::move(*refused);

  std::shared_ptr<VerifiedToken> token(new VerifiedToken());
  token->binding_ = std::get<TokenBinding>(std::move(binding));
  token->valid_from_ = issuer.ValidFrom(registered);
  token->valid_until_ = issuer.ValidUntil(registered);
  token->issuer_ = std::move(registered.issuer).value_or("");
  token->subject_ = std::get<std::string>(std::move(subject));
  token->token_id_ = std::move(registered.token_id).value_or("");
  if (registered.audiences.has_value()) token->audiences_ = *std::move(registered.audiences);
  token->header_key_id_ = std::move(authentic.header_key_id);
  token->signer_ = authentic.signer;
  token->issuer_index_ = authentic.issuer;
  token->key_id_ = std::move(authentic.jws.key_id).value_or("");
  token->algorithm_ = authentic.jws.algorithm;
  token->issued_at_ = registered.issued_at.value_or(absl::InfinitePast());
  token->not_before_ = registered.not_before.value_or(absl::InfinitePast());
  token->expires_at_ = *registered.expires_at;
  token->claims_ = std::make_unique<const Json>(std::move(claims));
  return token;
}

TokenResult TokenVerifier::Verify(std::string_view compact, absl::Time now) const {
  TokenResult result;
  Findings findings;
  auto authentic = Authenticate(compact, &findings);
  result.algorithm = std::move(findings.algorithm);
  result.outdated_issuer = findings.outdated_issuer;
  auto* refused = std::get_if<Refused>(&authentic);
  if (refused == nullptr) {
    auto accepted = Accept(std::get<Authentic>(std::move(authentic)), now);
    if (auto* token = std::get_if<std::shared_ptr<const VerifiedToken>>(&accepted)) {
      result.token = std::move(*token);
      result.refusal = TokenRefusal::kNone;
      return result;
    }
    authentic = std::get<Refused>(std::move(accepted));
    refused = std::get_if<Refused>(&authentic);
  }
  result.refusal = refused->refusal;
  result.detail = std::move(refused->detail);
  return result;
}

SignatureResult TokenVerifier::InsecureVerifySignatureOnly(std::string_view compact) const {
  SignatureResult result;
  Findings findings;
  auto authentic = Authenticate(compact, &findings);
  result.algorithm = std::move(findings.algorithm);
  if (auto* refused = std::get_if<Refused>(&authentic)) {
    result.refusal = refused->refusal;
    result.detail = std::move(refused->detail);
    return result;
  }
  result.refusal = TokenRefusal::kNone;
  result.payload = std::get<Authentic>(std::move(authentic)).jws.payload;
  return result;
}

}  // namespace warden
