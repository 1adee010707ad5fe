// Verifies bearer tokens: JSON Web Tokens (RFC 7519) in compact JWS form (RFC 7515), by the advice
// of RFC 8725.
#ifndef WARDEN_AUTHZ_TOKEN_VERIFIER_H_
#define WARDEN_AUTHZ_TOKEN_VERIFIER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "authz/token/algorithm.h"
#include "authz/token/jwks.h"
#include "authz/token/refusal.h"
#include "authz/token/verified_token.h"

namespace warden {

struct CompactJws;
struct Refused;
class TrustedIssuer;

// Whose tokens are believed, and which of them. What is not named here is refused.
struct IssuerOptions {
  std::string issuer;                        // compared exactly with `iss`
  std::shared_ptr<const KeySet> keys;        // the only keys that may sign this issuer's tokens
  std::vector<std::string> audiences;        // one of them must be in `aud`
  std::vector<std::string> algorithms;       // JOSE names; the token cannot choose another
  std::vector<std::string> required_claims;  // besides `exp`; a null claim counts as absent
  // What `typ` may say, without "application/" and in any case; such as {"at+jwt"} (RFC 9068).
  // Where empty: "JWT", "at+jwt" or no `typ`. Where set, `typ` must be there.
  std::vector<std::string> types;
  // Refuses tokens without `cnf` (RFC 8705 section 3). What a token is bound to is in
  // VerifiedToken::binding(), whatever this says.
  bool require_certificate_bound = false;
  // Paths of claims: of the peer that may present the token (no such claim where empty), and of who
  // the caller is (`sub` where empty).
  std::string peer_claim;
  std::string subject_claim;
  absl::Duration leeway = absl::Seconds(60);  // how far clocks may differ; at most 5 minutes
  // `keys` may be null: until WithKeys brings some the issuer's tokens are refused with
  // kKeysUnavailable.
  bool keys_come_later = false;

  // Tokens without `aud` pass. One with `aud` still needs a match in `audiences`.
  bool insecure_allow_missing_audience = false;
  // Leaves `iss` unchecked. Only with an empty `issuer` and no second IssuerOptions.
  bool insecure_allow_any_issuer = false;
};

// Bounds on the work that one token can cause.
struct TokenLimits {
  size_t max_token_bytes = 16384;  // at most 1 MiB
  size_t max_keys_tried = 8;       // for a token without `kid`; more fitting keys refuse it
  size_t max_json_depth = 32;      // of objects and arrays in header and claims; at most 256
};

struct TokenResult {
  std::shared_ptr<const VerifiedToken> token;  // null when refused
  TokenRefusal refusal = TokenRefusal::kMalformed;
  // Says more to the operator; "" when not refused. Never contains the token or key material; what
  // it quotes from the token (`kid`, `iss`) is escaped and cut.
  std::string detail;
  std::string algorithm = "unknown";  // a name of RFC 7518, or "unknown": few values
  // Where the issuer may have newer keys, with which the token could pass: which one of the
  // verifier's issuers. The token's `kid` names no key that is known, or no keys are there.
  std::optional<size_t> outdated_issuer;
};

struct SignatureResult {
  TokenRefusal refusal = TokenRefusal::kMalformed;  // kNone if the signature is good
  std::string detail;
  std::string algorithm = "unknown";
  std::string payload;  // decoded; "" when refused
};

// Immutable and thread-safe. Takes no lock.
class TokenVerifier {
 public:
  // Errors: InvalidArgument with every problem of the options (no issuer, an issuer twice, no
  // audience, no algorithm, an unknown one, leeway out of range, ...); FailedPrecondition if they
  // are fine, but an issuer has no key for any of its algorithms.
  static absl::StatusOr<std::shared_ptr<const TokenVerifier>> Create(
      std::vector<IssuerOptions> issuers, TokenLimits limits = {});

  ~TokenVerifier();
  TokenVerifier(const TokenVerifier&) = delete;
  TokenVerifier& operator=(const TokenVerifier&) = delete;

  // Verifies the token's exact bytes, as they stand after "Bearer ". With several issuers the
  // unverified `iss` chooses among them, and only the chosen one's keys are tried.
  TokenResult Verify(std::string_view compact, absl::Time now) const;

  // The same verifier with other keys for one issuer; null takes its keys away. What else the
  // issuers are stays shared, so this is cheap. Errors: OutOfRange; FailedPrecondition if none of
  // the keys is for any of the issuer's algorithms.
  absl::StatusOr<std::shared_ptr<const TokenVerifier>> WithKeys(
      size_t issuer, std::shared_ptr<const KeySet> keys) const;

  // Whether the key that has signed the token is still among those that its header asks for. A
  // token of before stays good in a verifier that WithKeys made of its own. Its time is not looked
  // at.
  bool StillTrusts(const VerifiedToken& token) const;

  // Verifies only the JWS: neither claims nor `typ` are looked at, and the payload may be anything.
  // For tools: a good signature alone does not make a credential.
  SignatureResult InsecureVerifySignatureOnly(std::string_view compact) const;

 private:
  struct Authentic;  // a JWS with a good signature, and whose it is
  struct Findings;   // what is known of a token also where it is refused

  TokenVerifier();
  // Up to and with the signature. `*algorithm` gets the name as soon as it is known.
  std::variant<Authentic, Refused> Authenticate(std::string_view compact, Findings* findings) const;
  std::variant<size_t, Refused> ChooseIssuer(const CompactJws& jws) const;
  std::variant<std::shared_ptr<const VerifiedToken>, Refused> Accept(Authentic authentic,
                                                                     absl::Time now) const;

  TokenLimits limits_;
  std::vector<std::shared_ptr<const TrustedIssuer>> issuers_;  // not empty
  absl::flat_hash_map<std::string, size_t> by_name_;
  AlgorithmSet algorithms_;  // of any issuer
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_VERIFIER_H_
