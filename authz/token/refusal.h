// Why a token is not believed.
#ifndef WARDEN_AUTHZ_TOKEN_REFUSAL_H_
#define WARDEN_AUTHZ_TOKEN_REFUSAL_H_

#include <string_view>

namespace warden {

// The exact reason, for the operator: metrics, audit, logs. A client learns only that its token was
// refused, so that a forger cannot tell which check stopped him.
enum class TokenRefusal {
  kNone,                 // not refused
  kMalformed,            // not a compact JWS of strict base64url and JSON, or a JWE
  kTooLarge,             // longer than TokenLimits::max_token_bytes; nothing was decoded
  kAlgorithmNotAllowed,  // `alg` is unknown, `none`, or not in the issuer's list
  kKeyUnknown,           // no key of the issuer has the token's `kid`, or none fits its `alg`
  kKeyMismatch,          // the key named by `kid` is for another algorithm
  kKeyUnusable,          // the key is there but was set aside: too weak, not for signatures, broken
  kSignature,            // the signature is not the key's
  kCritical,             // `crit` or `b64` asks for what Warden does not do
  kType,                 // `typ` says that this is another kind of token
  kBadClaim,             // a registered claim has a value of the wrong kind
  kMissingClaim,         // `exp` or another required claim is absent
  kExpired,              // now >= exp + leeway
  kNotYetValid,          // now < nbf - leeway, or now < iat - leeway
  kIssuer,               // `iss` is not one of the configured issuers
  kAudience,             // `aud` names none of the configured audiences, or is absent
  kBinding,              // bound by what cannot be checked here, or not bound as is required
  kInactive,             // the authorization server says so (RFC 7662)
  kUnavailable,          // what it is checked with is out of reach
  kKeysUnavailable,      // the issuer's keys could not be fetched, or are too old by now
};

inline constexpr int kTokenRefusalCount = 20;

// snake_case, such as "key_unknown"; a metric label with few values.
std::string_view ToString(TokenRefusal refusal);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_REFUSAL_H_
