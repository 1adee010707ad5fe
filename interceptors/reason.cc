#include "interceptors/reason.h"

namespace warden {
namespace {

using Code = absl::StatusCode;

constexpr std::string_view kBadCredentials = "the credentials are not valid";
constexpr std::string_view kTooMany = "too many requests";
constexpr std::string_view kInternalText = "internal error";

// One row a reason, in the enumeration's order.
constexpr std::array<ReasonInfo, kReasonCount> kTable = {{
    {Reason::kOk, "ok", Code::kOk, "", ""},
    {Reason::kMethodUnknown, "method_unknown", Code::kUnimplemented, "METHOD_UNKNOWN",
     "no such method"},
    {Reason::kMethodUnguarded, "method_unguarded", Code::kPermissionDenied, "PERMISSION_DENIED",
     "permission denied"},
    {Reason::kMetadataTooLarge, "metadata_too_large", Code::kResourceExhausted,
     "METADATA_TOO_LARGE", "the call's metadata is too large"},
    // To the client a block is a limit: it does not learn that it was noticed.
    {Reason::kBlocked, "blocked", Code::kResourceExhausted, "RATE_LIMITED", kTooMany},
    {Reason::kConnectionLimited, "connection_limited", Code::kResourceExhausted, "RATE_LIMITED",
     kTooMany},
    {Reason::kPeerCertificateMissing, "peer_certificate_missing", Code::kUnauthenticated,
     "PEER_NOT_ACCEPTED", "the peer is not accepted"},
    {Reason::kPeerCertificateInvalid, "peer_certificate_invalid", Code::kUnauthenticated,
     "PEER_NOT_ACCEPTED", "the peer is not accepted"},
    {Reason::kPeerNotTrusted, "peer_not_trusted", Code::kUnauthenticated, "PEER_NOT_ACCEPTED",
     "the peer is not accepted"},
    {Reason::kPeerAddressDenied, "peer_address_denied", Code::kPermissionDenied,
     "PEER_NOT_ACCEPTED", "the peer is not accepted"},
    {Reason::kPeerRevoked, "peer_revoked", Code::kUnauthenticated, "PEER_NOT_ACCEPTED",
     "the peer is not accepted"},
    {Reason::kPeerRevocationUnknown, "peer_revocation_unknown", Code::kUnauthenticated,
     "PEER_NOT_ACCEPTED", "the peer is not accepted"},
    {Reason::kForwardedIdentityInvalid, "forwarded_identity_invalid", Code::kUnauthenticated,
     "PEER_NOT_ACCEPTED", "the peer is not accepted"},
    {Reason::kCredentialsMissing, "credentials_missing", Code::kUnauthenticated,
     "CREDENTIALS_MISSING", "credentials are required"},
    {Reason::kCredentialsMalformed, "credentials_malformed", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kCredentialsAmbiguous, "credentials_ambiguous", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kTokenTooLarge, "token_too_large", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenMalformed, "token_malformed", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenAlgorithm, "token_algorithm", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenKeyUnknown, "token_key_unknown", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenSignature, "token_signature", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenIssuer, "token_issuer", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenAudience, "token_audience", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    // Said aloud because the verifier finds it only after the signature: the holder of a genuine
    // token learns to refresh it, a forger learns nothing.
    {Reason::kTokenExpired, "token_expired", Code::kUnauthenticated, "CREDENTIALS_EXPIRED",
     "the credentials have expired"},
    {Reason::kTokenNotYetValid, "token_not_yet_valid", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kTokenClaims, "token_claims", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenOther, "token_other", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenInactive, "token_inactive", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenRevoked, "token_revoked", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenBinding, "token_binding", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kTokenPeerMismatch, "token_peer_mismatch", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kApiKeyUnknown, "api_key_unknown", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kApiKeyExpired, "api_key_expired", Code::kUnauthenticated, "CREDENTIALS_EXPIRED",
     "the credentials have expired"},
    {Reason::kApiKeyRevoked, "api_key_revoked", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kCredentialsNotAccepted, "credentials_not_accepted", Code::kUnauthenticated,
     "CREDENTIALS_NOT_ACCEPTED", "the method does not accept these credentials"},
    {Reason::kCredentialsUnavailable, "credentials_unavailable", Code::kUnavailable, "UNAVAILABLE",
     "the credentials cannot be checked now"},
    {Reason::kSignatureMissing, "signature_missing", Code::kUnauthenticated, "SIGNATURE_MISSING",
     "the request must be signed"},
    {Reason::kSignatureMalformed, "signature_malformed", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kSignatureInvalid, "signature_invalid", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kSignatureTime, "signature_time", Code::kUnauthenticated, "CREDENTIALS_INVALID",
     kBadCredentials},
    {Reason::kSignatureReplayed, "signature_replayed", Code::kUnauthenticated,
     "CREDENTIALS_INVALID", kBadCredentials},
    {Reason::kRateLimited, "rate_limited", Code::kResourceExhausted, "RATE_LIMITED", kTooMany},
    {Reason::kFailureLimited, "failure_limited", Code::kResourceExhausted, "RATE_LIMITED",
     kTooMany},
    {Reason::kConcurrencyLimited, "concurrency_limited", Code::kResourceExhausted,
     "CONCURRENCY_LIMITED", "too many calls at once"},
    {Reason::kLimitUnavailable, "limit_unavailable", Code::kUnavailable, "UNAVAILABLE",
     "the call cannot be admitted now"},
    {Reason::kStreamQuota, "stream_quota", Code::kResourceExhausted, "STREAM_QUOTA",
     "the stream has used up its quota"},
    {Reason::kPermissionDenied, "permission_denied", Code::kPermissionDenied, "PERMISSION_DENIED",
     "permission denied"},
    // Found after the signature, too: who holds a genuine token learns what to ask its issuer for.
    {Reason::kStepUpRequired, "step_up_required", Code::kUnauthenticated,
     "INSUFFICIENT_USER_AUTHENTICATION", "a more recent or stronger authentication is required"},
    // To the client both are what a missing permission is: it does not learn of the condition.
    {Reason::kConditionFailed, "condition_failed", Code::kPermissionDenied, "PERMISSION_DENIED",
     "permission denied"},
    {Reason::kConditionError, "condition_error", Code::kPermissionDenied, "PERMISSION_DENIED",
     "permission denied"},
    {Reason::kPolicyDenied, "policy_denied", Code::kPermissionDenied, "PERMISSION_DENIED",
     "permission denied"},
    {Reason::kRequestMalformed, "request_malformed", Code::kInvalidArgument, "REQUEST_MALFORMED",
     "the request cannot be read"},
    {Reason::kFieldNotWritable, "field_not_writable", Code::kPermissionDenied, "FIELD_NOT_WRITABLE",
     "the request sets a field that the caller may not set"},
    {Reason::kRequestInvalid, "request_invalid", Code::kInvalidArgument, "REQUEST_INVALID",
     "the request is not valid"},
    {Reason::kRequestTooLarge, "request_too_large", Code::kResourceExhausted, "REQUEST_TOO_LARGE",
     "the request is too large"},
    {Reason::kRequestShape, "request_shape", Code::kInvalidArgument, "REQUEST_INVALID",
     "the request is not valid"},
    {Reason::kResponseInvalid, "response_invalid", Code::kInternal, "INTERNAL", kInternalText},
    {Reason::kResponseTooLarge, "response_too_large", Code::kInternal, "INTERNAL", kInternalText},
    {Reason::kResponseLeak, "response_leak", Code::kInternal, "INTERNAL", kInternalText},
    {Reason::kAuditUnavailable, "audit_unavailable", Code::kUnavailable, "UNAVAILABLE",
     "the call cannot be taken now"},
    {Reason::kInternal, "internal", Code::kInternal, "INTERNAL", kInternalText},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].reason) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "the table's rows follow the enumeration");

// What gRPC over HTTP/2 would have percent-encoded.
constexpr bool TextsNeedNoEscape() {
  for (const ReasonInfo& info : kTable) {
    for (const char c : info.text) {
      if (c < ' ' || c > '~' || c == '%') return false;
    }
  }
  return true;
}
static_assert(TextsNeedNoEscape(), "the texts are sent as they are");

constexpr std::array<std::string_view, kReasonCount> MakeLabels() {
  std::array<std::string_view, kReasonCount> labels;
  for (size_t i = 0; i < kTable.size(); ++i) labels[i] = kTable[i].label;
  return labels;
}
constexpr std::array<std::string_view, kReasonCount> kLabels = MakeLabels();

}  // namespace

const ReasonInfo& InfoOf(Reason reason) { return kTable[static_cast<size_t>(reason)]; }

const std::array<std::string_view, kReasonCount>& ReasonLabels() { return kLabels; }

}  // namespace warden
