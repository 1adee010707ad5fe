// Judges what an authorization server says of a token: OAuth 2.0 Token Introspection, RFC 7662.
#ifndef WARDEN_AUTHZ_TOKEN_INTROSPECTION_H_
#define WARDEN_AUTHZ_TOKEN_INTROSPECTION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/token/verifier.h"

namespace warden {

// Which answers are believed.
struct IntrospectionRules {
  std::string issuer;  // the token's issuer; an answer's `iss`, if any, must equal it
  std::vector<std::string> audiences;         // one of them must be in the answer's `aud`
  absl::Duration leeway = absl::Seconds(60);  // how far clocks may differ
};

// The name of such tokens where an algorithm's stands for others, in metrics and TokenResult.
inline constexpr char kIntrospected[] = "introspected";

// `body` is the answer's, with status 200. The token that it gives is valid until `exp`, for
// ever without one, and its claims are the answer's members; how long an answer is believed is for
// the asker to bound. Refusals: kMalformed
// (not strict JSON, no object, no boolean `active`), kInactive, and those of a JWT's claims:
// kExpired, kNotYetValid, kIssuer, kAudience, kBadClaim, kBinding (RFC 8705 section 3.2).
// Thread-safe.
TokenResult JudgeIntrospection(std::string_view body, const IntrospectionRules& rules,
                               absl::Time now);

// Whether a bearer token is to be asked about, since it cannot be a JWT: a compact JWS has exactly
// two dots (RFC 7515 section 7.1).
bool IsOpaque(std::string_view token);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_INTROSPECTION_H_
