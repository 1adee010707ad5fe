#include "interceptors/stages/credential.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "authz/token/binding.h"
#include "authz/token/introspection.h"
#include "authz/token/verifier.h"
#include "interceptors/introspection/introspector.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/pending_token.h"

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

// b64token of RFC 6750 section 2.1; nothing else is sent on to an authorization server.
bool IsBearerSyntax(std::string_view token) {
  const size_t end = std::min(token.find('='), token.size());
  if (end == 0) return false;
  const auto is_plain = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' ||
           c == '/';
  };
  return std::all_of(token.begin(), token.begin() + static_cast<ptrdiff_t>(end), is_plain) &&
         token.find_first_not_of('=', end) == std::string_view::npos;
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
    case TokenRefusal::kBinding:
      return Reason::kTokenBinding;
    case TokenRefusal::kInactive:
      return Reason::kTokenInactive;
    case TokenRefusal::kUnavailable:
    case TokenRefusal::kKeysUnavailable:
      return Reason::kCredentialsUnavailable;
    default:
      return Reason::kTokenOther;
  }
}

// A token is good only with the peer that it was made for.
std::optional<Refusal> CheckPeer(const Call& call) {
  switch (CheckBinding(call.token->binding(), *call.peer)) {
    case BindingMismatch::kNone:
      return std::nullopt;
    case BindingMismatch::kCertificate:
      return Refusal{.reason = Reason::kTokenBinding,
                     .detail = "the token is bound to another certificate"};
    case BindingMismatch::kPeer:
      break;
  }
  return Refusal{.reason = Reason::kTokenPeerMismatch,
                 .detail = "the token was issued to another peer"};
}

}  // namespace

CredentialStage::CredentialStage(std::shared_ptr<TokenCache> tokens,
                                 std::shared_ptr<Introspector> introspector, size_t max_token_bytes,
                                 Metrics* metrics)
    : tokens_(std::move(tokens)),
      introspector_(std::move(introspector)),
      max_token_bytes_(max_token_bytes),
      metrics_(metrics) {}

std::optional<Refusal> CredentialStage::Run(Call& call) {
  if (call.pending != nullptr) {
    // Who made the call wait is run again, so this is what Introspect left.
    TokenResult answer = static_cast<PendingToken&>(*call.pending).Take();
    call.pending.reset();
    return Judge(std::move(answer), call);
  }
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
  if (introspector_ != nullptr && (tokens_ == nullptr || IsOpaque(token))) {
    return Introspect(token, call);
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
  return Judge(std::move(result), call);
}

std::optional<Refusal> CredentialStage::Introspect(std::string_view token, Call& call) {
  if (!IsBearerSyntax(token)) {
    return Refusal{.reason = Reason::kCredentialsMalformed,
                   .detail = "the token has characters that RFC 6750 does not allow"};
  }
  std::optional<TokenResult> known = introspector_->Find(token, call.now);
  if (known.has_value()) return Judge(*std::move(known), call);
  call.pending = introspector_->Ask(token, call.now);
  return std::nullopt;
}

std::optional<Refusal> CredentialStage::Judge(TokenResult result, Call& call) {
  metrics_->RecordToken(result.algorithm,
                        result.token != nullptr ? "ok" : ToString(result.refusal));
  if (result.token == nullptr) {
    return Refusal{.reason = ReasonOf(result.refusal), .detail = std::move(result.detail)};
  }
  call.token = std::move(result.token);
  return CheckPeer(call);
}

}  // namespace warden
