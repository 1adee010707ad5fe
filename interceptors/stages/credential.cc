#include "interceptors/stages/credential.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "authz/token/verifier.h"
#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

constexpr std::string_view kScheme = "bearer";

// The TOKEN of `Bearer TOKEN`; empty where the value is not of that form. The scheme is
// case-insensitive (RFC 9110 section 11.1) and one space separates the two; the token's own form is
// the verifier's business.
std::string_view BearerToken(std::string_view value) {
  if (value.size() <= kScheme.size() + 1 || value[kScheme.size()] != ' ') return {};
  const std::string_view scheme = value.substr(0, kScheme.size());
  if (!absl::EqualsIgnoreCase({scheme.data(), scheme.size()}, {kScheme.data(), kScheme.size()})) {
    return {};
  }
  const std::string_view token = value.substr(kScheme.size() + 1);
  return token.front() == ' ' ? std::string_view() : token;
}

Reason ReasonOf(TokenRefusal refusal) {
  switch (refusal) {
    case TokenRefusal::kTooLarge:
      return Reason::kTokenTooLarge;
    case TokenRefusal::kMalformed:
      return Reason::kTokenMalformed;
    case TokenRefusal::kAlgorithmNotAllowed:
      return Reason::kTokenAlgorithm;
    case TokenRefusal::kKeyUnknown:
    case TokenRefusal::kKeyMismatch:
    case TokenRefusal::kKeyUnusable:
      return Reason::kTokenKeyUnknown;
    case TokenRefusal::kSignature:
      return Reason::kTokenSignature;
    case TokenRefusal::kIssuer:
      return Reason::kTokenIssuer;
    case TokenRefusal::kAudience:
      return Reason::kTokenAudience;
    case TokenRefusal::kExpired:
      return Reason::kTokenExpired;
    case TokenRefusal::kNotYetValid:
      return Reason::kTokenNotYetValid;
    case TokenRefusal::kMissingClaim:
    case TokenRefusal::kBadClaim:
      return Reason::kTokenClaims;
    default:
      return Reason::kTokenOther;
  }
}

}  // namespace

CredentialStage::CredentialStage(std::shared_ptr<TokenCache> tokens, size_t max_token_bytes,
                                 Metrics* metrics)
    : tokens_(std::move(tokens)), max_token_bytes_(max_token_bytes), metrics_(metrics) {}

std::optional<Refusal> CredentialStage::Run(Call& call) {
  const int entries = call.transport.authorization_entries;
  if (entries == 0) return std::nullopt;
  if (entries > 1) {
    return Refusal{.reason = Reason::kCredentialsAmbiguous,
                   .detail = absl::StrCat(entries, " authorization entries")};
  }
  const std::string_view token = BearerToken(call.transport.authorization);
  if (token.empty()) {
    return Refusal{.reason = Reason::kCredentialsMalformed,
                   .detail = "the authorization entry is not `Bearer TOKEN`"};
  }
  if (token.size() > max_token_bytes_) {
    metrics_->RecordToken("unknown", "too_large");
    return Refusal{
        .reason = Reason::kTokenTooLarge,
        .detail = absl::StrCat(token.size(), " bytes, ", max_token_bytes_, " are allowed")};
  }
  if (tokens_ == nullptr) {
    return Refusal{.reason = Reason::kTokenIssuer, .detail = "no issuer is configured"};
  }
  return Verify(token, call);
}

std::optional<Refusal> CredentialStage::Verify(std::string_view token, Call& call) {
  bool hit = false;
  TokenResult result = tokens_->Verify(token, call.now, &hit);
  metrics_->RecordTokenCache(hit);
  metrics_->RecordToken(result.algorithm,
                        result.token != nullptr ? "ok" : ToString(result.refusal));
  if (result.token != nullptr) {
    call.token = std::move(result.token);
    return std::nullopt;
  }
  return Refusal{.reason = ReasonOf(result.refusal), .detail = std::move(result.detail)};
}

}  // namespace warden
