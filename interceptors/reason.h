// Why a call was refused, and what each reason means to the client, the operator and Prometheus.
//
// The whole answer to a refusal is decided by one table in reason.cc: the gRPC status code (its
// numbers are absl's), a constant text and an ErrorInfo reason for the client, and a label for
// metrics and logs. Several reasons share one public reason on purpose: a client that forges
// tokens does not learn which check caught it.
#ifndef WARDEN_INTERCEPTORS_REASON_H_
#define WARDEN_INTERCEPTORS_REASON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace warden {

// In the order of the stages that give them. Values index tables; they are not stable over
// versions.
enum class Reason : uint8_t {
  kOk,  // not refused
  // admission
  kMethodUnknown,      // no such method on this server
  kMethodUnguarded,    // the method did not pass the gate and is not allowed to
  kMetadataTooLarge,   // the call's metadata exceeds the configured size
  kBlocked,            // the peer, its address or the caller is on the block list
  kConnectionLimited,  // by a limit that is held before any credential is looked at
  // identity
  kPeerCertificateMissing,
  kPeerCertificateInvalid,    // unreadable, expired, or its names break the rules of SPIFFE
  kPeerNotTrusted,            // a well-formed identity that this server does not accept
  kPeerAddressDenied,         // outside of the allowed address ranges, or in a denied one
  kPeerRevoked,               // the certificate is on a revocation list
  kPeerRevocationUnknown,     // a revocation list is required, and none is current
  kForwardedIdentityInvalid,  // a proxy's `x-forwarded-client-cert` is missing or cannot be read
  // credential
  kCredentialsMissing,    // the method needs more than the call brought
  kCredentialsMalformed,  // not RFC 6750's `Bearer TOKEN`, or not of an API key's form
  kCredentialsAmbiguous,  // more than one `authorization` or `x-api-key` entry
  kTokenTooLarge,
  kTokenMalformed,
  kTokenAlgorithm,
  kTokenKeyUnknown,
  kTokenSignature,
  kTokenIssuer,
  kTokenAudience,
  kTokenExpired,
  kTokenNotYetValid,
  kTokenClaims,             // a required claim is missing or of the wrong type
  kTokenOther,              // any other rule of the verifier
  kTokenInactive,           // the authorization server says so (RFC 7662)
  kTokenRevoked,            // on the deny-list
  kTokenBinding,            // bound to another certificate, or to none where binding is required
  kTokenPeerMismatch,       // issued to another peer
  kApiKeyUnknown,           // no such key, or not its secret
  kApiKeyExpired,           // before or after the key's time
  kApiKeyRevoked,           // on the deny-list, or disabled
  kCredentialsNotAccepted,  // good, but of a kind that the method does not take
  kCredentialsUnavailable,  // what they are checked with is out of reach
  kSignatureMissing,        // the method takes signed requests only
  kSignatureMalformed,      // the entries of a signature are not of its form
  kSignatureInvalid,        // not made over this request with its key
  kSignatureTime,           // made too long ago, or in the future
  kSignatureReplayed,       // its nonce was seen before
  // rate limit
  kRateLimited,
  kFailureLimited,      // too many of the caller's calls failed
  kConcurrencyLimited,  // too many calls are in flight
  kLimitUnavailable,    // the limit's store is out of reach, and the limit fails closed
  kStreamQuota,         // the stream took more than it may
  // access
  kPermissionDenied,
  kStepUpRequired,   // the token does not say that its subject was authenticated well enough
  kConditionFailed,  // `when` does not hold
  kConditionError,   // `when` could not be evaluated
  kPolicyDenied,     // by a denial of the policy, whatever the caller's roles give
  // body
  kRequestMalformed,  // the bytes are not the method's request message
  kFieldNotWritable,  // the message sets a field that the caller may not set
  kRequestInvalid,    // the message breaks a field rule
  kRequestTooLarge,   // the message has more bytes than the method takes
  kRequestShape,      // it is nested too deep, has too many elements, or unknown fields
  // response
  kResponseInvalid,  // the handler's answer breaks its own field rules
  kResponseTooLarge,
  kResponseLeak,  // it holds what looks like a secret or a stack trace
  // audit
  kAuditUnavailable,  // the call could not be recorded, and is not to go on unrecorded
  // ours
  kInternal,  // an error inside Warden; denies
};
inline constexpr size_t kReasonCount = static_cast<size_t>(Reason::kInternal) + 1;

struct ReasonInfo {
  Reason reason;
  std::string_view label;          // snake_case; metric label and log value
  absl::StatusCode code;           // what the client gets; equal to the gRPC code
  std::string_view public_reason;  // ErrorInfo.reason, UPPER_SNAKE_CASE
  std::string_view text;           // the status message, constant
};

// Thread-safe; the data is static.
const ReasonInfo& InfoOf(Reason reason);
// The labels of all reasons, by their values.
const std::array<std::string_view, kReasonCount>& ReasonLabels();

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REASON_H_
