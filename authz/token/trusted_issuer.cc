#include "authz/token/trusted_issuer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

constexpr absl::Duration kMaxLeeway = absl::Minutes(5);

// RFC 7515 section 4.1.9: a media type, of which "application/" may be left out; case is ignored.
std::string NormalType(const std::string& type) {
  std::string normal = absl::AsciiStrToLower(type);
  constexpr std::string_view kPrefix = "application/";
  if (normal.compare(0, kPrefix.size(), kPrefix) == 0) normal.erase(0, kPrefix.size());
  return normal;
}

bool Contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Refused Refuse(TokenRefusal refusal, std::string detail) {
  return Refused{refusal, std::move(detail)};
}

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

// The options that are lists of texts: none of the texts may be empty.
void CheckTexts(const std::vector<std::string>& texts, const std::string& name,
                std::vector<std::string>* problems) {
  if (Contains(texts, "")) problems->push_back(absl::StrCat(name, ": one of them is empty"));
}

void ReadPath(const std::string& text, const std::string& name, ClaimPath* path,
              std::vector<std::string>* problems) {
  if (text.empty()) return;
  absl::StatusOr<ClaimPath> parsed = ParseClaimPath(text);
  if (parsed.ok()) {
    *path = *std::move(parsed);
  } else {
    problems->push_back(absl::StrCat(name, ": ", parsed.status().message()));
  }
}

}  // namespace

TrustedIssuer::TrustedIssuer(IssuerOptions options, const std::string& place,
                             std::vector<std::string>* problems)
    : options_(std::move(options)) {
  const auto problem = [&](const auto&... text) {
    problems->push_back(absl::StrCat(place, text...));
  };
  if (options_.issuer.empty() != options_.insecure_allow_any_issuer) {
    options_.issuer.empty() ? problem(".issuer: is missing")
                            : problem(".issuer: is given, and any issuer is allowed");
  }
  if (options_.keys == nullptr && !options_.keys_come_later) problem(".keys: are missing");
  if (options_.audiences.empty() && !options_.insecure_allow_missing_audience) {
    problem(".audiences: are missing");
  }
  CheckTexts(options_.audiences, absl::StrCat(place, ".audiences"), problems);
  CheckTexts(options_.required_claims, absl::StrCat(place, ".required_claims"), problems);
  CheckTexts(options_.types, absl::StrCat(place, ".types"), problems);
  if (options_.algorithms.empty()) problem(".algorithms: are missing");
  for (const std::string& name : options_.algorithms) {
    const std::optional<Algorithm> algorithm = ParseAlgorithm(name);
    if (algorithm.has_value()) {
      algorithms_.Add(*algorithm);
    } else {
      problem(".algorithms: ", QuoteForLog(name), " is not one that Warden verifies");
    }
  }
  if (options_.leeway < absl::ZeroDuration() || options_.leeway > kMaxLeeway) {
    problem(".leeway: ", absl::FormatDuration(options_.leeway), " is not from 0 to 5 minutes");
  }
  for (std::string& type : options_.types) type = NormalType(type);
  binding_rules_.require_certificate = options_.require_certificate_bound;
  ReadPath(options_.peer_claim, absl::StrCat(place, ".peer_claim"), &binding_rules_.peer_claim,
           problems);
  ReadPath(options_.subject_claim, absl::StrCat(place, ".subject_claim"), &subject_claim_,
           problems);
}

TrustedIssuer TrustedIssuer::WithKeys(std::shared_ptr<const KeySet> keys) const {
  TrustedIssuer changed = *this;
  changed.options_.keys = std::move(keys);
  return changed;
}

std::string TrustedIssuer::WhyUseless() const {
  if (options_.keys == nullptr) return "";
  if (!algorithms_.Intersect(options_.keys->algorithms()).empty()) return "";
  return absl::StrCat("no key is for any of the algorithms ", algorithms_.ToString(),
                      "; the keys are for ", options_.keys->algorithms().ToString());
}

OrRefused<std::vector<const VerificationKey*>> TrustedIssuer::Candidates(
    const std::optional<std::string>& key_id, Algorithm algorithm, size_t max_keys_tried) const {
  if (options_.keys == nullptr) {
    return Refuse(TokenRefusal::kKeysUnavailable, "the issuer's keys are not there, or too old");
  }
  const KeySet& keys = *options_.keys;
  if (key_id.has_value()) {
    if (const VerificationKey* key = keys.Find(*key_id)) {
      if (key->algorithms().Contains(algorithm)) return std::vector{key};
      return Refuse(TokenRefusal::kKeyMismatch,
                    absl::StrCat("the key with kid ", QuoteForLog(*key_id), " is for ",
                                 key->algorithms().ToString()));
    }
    if (const KeySet::Skipped* skipped = keys.FindSkipped(*key_id)) {
      return Refuse(TokenRefusal::kKeyUnusable, skipped->ToString());
    }
  }
  std::vector<const VerificationKey*> fitting;
  for (const VerificationKey& key : keys.keys()) {
    // With a kid that no key has, only the keys without any can be meant.
    if (key_id.has_value() && key.key_id().has_value()) continue;
    if (key.algorithms().Contains(algorithm)) fitting.push_back(&key);
  }
  if (fitting.empty()) {
    return Refuse(TokenRefusal::kKeyUnknown,
                  key_id.has_value() ? absl::StrCat("no key has the kid ", QuoteForLog(*key_id))
                                     : "the token has no kid, and no key is for its algorithm");
  }
  if (fitting.size() > max_keys_tried) {
    return Refuse(TokenRefusal::kKeyUnknown,
                  absl::StrCat(fitting.size(), " keys fit, and no kid says which; at most ",
                               max_keys_tried, " are tried"));
  }
  return fitting;
}

OrRefused<const VerificationKey*> TrustedIssuer::CheckSignature(const CompactJws& jws,
                                                                size_t max_keys_tried) const {
  if (!algorithms_.Contains(jws.algorithm)) {
    return Refuse(TokenRefusal::kAlgorithmNotAllowed,
                  absl::StrCat("only ", algorithms_.ToString(), " may sign"));
  }
  const auto candidates = Candidates(jws.key_id, jws.algorithm, max_keys_tried);
  if (const auto* refused = std::get_if<Refused>(&candidates)) return *refused;
  for (const VerificationKey* key : std::get<0>(candidates)) {
    if (key->Verify(jws.algorithm, jws.signing_input, jws.signature)) return key;
  }
  return Refuse(TokenRefusal::kSignature, "the signature is not the key's");
}

bool TrustedIssuer::StillTrusts(const KeyIdentity& signer, const std::string& name,
                                const std::optional<std::string>& header_key_id,
                                Algorithm algorithm, size_t max_keys_tried) const {
  const auto candidates = Candidates(header_key_id, algorithm, max_keys_tried);
  const auto* keys = std::get_if<0>(&candidates);
  if (keys == nullptr || !algorithms_.Contains(algorithm)) return false;
  return std::any_of(keys->begin(), keys->end(), [&](const VerificationKey* key) {
    return key->identity() == signer &&
           (key->key_id().has_value() ? *key->key_id() : header_key_id.value_or("")) == name;
  });
}

bool TrustedIssuer::NamesAKey(const std::optional<std::string>& key_id) const {
  return options_.keys != nullptr && key_id.has_value() &&
         (options_.keys->Find(*key_id) != nullptr ||
          options_.keys->FindSkipped(*key_id) != nullptr);
}

std::optional<Refused> TrustedIssuer::CheckType(const std::optional<std::string>& type) const {
  if (!type.has_value()) {
    if (options_.types.empty()) return std::nullopt;
    return Refuse(TokenRefusal::kType, "the token has no typ");
  }
  const std::string normal = NormalType(*type);
  const bool expected = options_.types.empty() ? normal == "jwt" || normal == "at+jwt"
                                               : Contains(options_.types, normal);
  if (expected) return std::nullopt;
  return Refuse(TokenRefusal::kType, absl::StrCat("typ is ", QuoteForLog(*type)));
}

std::optional<Refused> TrustedIssuer::CheckAudience(const RegisteredClaims& read) const {
  if (!read.audiences.has_value()) {
    if (options_.insecure_allow_missing_audience) return std::nullopt;
    return Refuse(TokenRefusal::kAudience, "the token has no aud");
  }
  for (const std::string& audience : *read.audiences) {
    if (Contains(options_.audiences, audience)) return std::nullopt;
  }
  return Refuse(TokenRefusal::kAudience, options_.audiences.empty()
                                             ? "the token has an aud, and none is configured"
                                             : "aud names none of the configured audiences");
}

std::optional<Refused> TrustedIssuer::CheckTimes(const RegisteredClaims& read,
                                                 absl::Time now) const {
  if (now >= ValidUntil(read)) {
    return Refuse(TokenRefusal::kExpired, absl::StrCat("exp was ", Utc(*read.expires_at)));
  }
  if (now < ValidFrom(read)) {
    const absl::Time later = std::max(read.not_before.value_or(absl::InfinitePast()),
                                      read.issued_at.value_or(absl::InfinitePast()));
    return Refuse(TokenRefusal::kNotYetValid, absl::StrCat("nbf or iat is ", Utc(later)));
  }
  return std::nullopt;
}

std::optional<Refused> TrustedIssuer::CheckClaims(const RegisteredClaims& read,
                                                  const nlohmann::json& claims,
                                                  absl::Time now) const {
  if (!options_.insecure_allow_any_issuer && read.issuer != options_.issuer) {
    return Refuse(TokenRefusal::kIssuer, read.issuer.has_value()
                                             ? absl::StrCat("iss is ", QuoteForLog(*read.issuer))
                                             : "the token has no iss");
  }
  if (auto refused = CheckAudience(read)) return refused;
  if (!read.expires_at.has_value()) {
    return Refuse(TokenRefusal::kMissingClaim, "the token has no exp");
  }
  if (auto refused = CheckTimes(read, now)) return refused;
  for (const std::string& name : options_.required_claims) {
    const auto claim = claims.find(name);
    if (claim == claims.end() || claim->is_null()) {
      return Refuse(TokenRefusal::kMissingClaim, absl::StrCat("the token has no ", name));
    }
  }
  return std::nullopt;
}

OrRefused<std::string> TrustedIssuer::Subject(const RegisteredClaims& read,
                                              const nlohmann::json& claims) const {
  if (subject_claim_.empty()) return read.subject.value_or("");
  const nlohmann::json* claim = FindClaim(claims, subject_claim_);
  if (claim == nullptr) return std::string();
  if (claim->is_string()) return claim->get<std::string>();
  return Refuse(TokenRefusal::kBadClaim, "the claim that names the caller is not a text");
}

absl::Time TrustedIssuer::ValidFrom(const RegisteredClaims& claims) const {
  const absl::Time later = std::max(claims.not_before.value_or(absl::InfinitePast()),
                                    claims.issued_at.value_or(absl::InfinitePast()));
  return later - options_.leeway;
}

absl::Time TrustedIssuer::ValidUntil(const RegisteredClaims& claims) const {
  return *claims.expires_at + options_.leeway;
}

}  // namespace warden
