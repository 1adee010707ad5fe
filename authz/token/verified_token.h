// A bearer token that was verified: a JSON Web Token, or one that its issuer vouches for.
#ifndef WARDEN_AUTHZ_TOKEN_VERIFIED_TOKEN_H_
#define WARDEN_AUTHZ_TOKEN_VERIFIED_TOKEN_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "authz/sync/generation_memo.h"
#include "authz/token/algorithm.h"
#include "authz/token/binding.h"
#include "authz/token/jwk.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

// Only TokenVerifier and JudgeIntrospection make one, so holding one is the proof that the token
// was good at the time of its verification; ValidAt says whether it still is. Immutable and
// thread-safe; shared as `shared_ptr<const VerifiedToken>`.
class VerifiedToken {
 public:
  VerifiedToken(const VerifiedToken&) = delete;
  VerifiedToken& operator=(const VerifiedToken&) = delete;
  ~VerifiedToken();

  // Claims of RFC 7519 section 4.1; "" or empty where the token has none.
  const std::string& issuer() const { return issuer_; }
  const std::string& subject() const { return subject_; }
  absl::Span<const std::string> audiences() const { return audiences_; }
  const std::string& token_id() const { return token_id_; }  // `jti`

  // `kid` of the key that signed it; where that has none, the header's; "" without either.
  const std::string& key_id() const { return key_id_; }
  // Of its signature; means nothing for a token that was introspected (RFC 7662).
  Algorithm algorithm() const { return algorithm_; }
  bool introspected() const { return introspected_; }

  absl::Time issued_at() const { return issued_at_; }    // InfinitePast() without `iat`
  absl::Time not_before() const { return not_before_; }  // InfinitePast() without `nbf`
  absl::Time expires_at() const { return expires_at_; }  // InfiniteFuture() only if introspected

  // The times of validity with the issuer's leeway: from valid_from() on, and before valid_until().
  absl::Time valid_from() const { return valid_from_; }
  absl::Time valid_until() const { return valid_until_; }
  bool ValidAt(absl::Time now) const { return now >= valid_from_ && now < valid_until_; }

  // The peer that may present it: to be checked on each call, since a token can be stolen.
  const TokenBinding& binding() const { return binding_; }

  // The whole payload, a JSON object.
  const nlohmann::json& claims() const { return *claims_; }

  // Of Revocations, which does not look up again what it found good and what has not changed.
  const GenerationMemo& not_revoked() const { return not_revoked_; }

 private:
  friend class TokenVerifier;
  friend class IntrospectionJudge;
  VerifiedToken();

  std::string issuer_, subject_, token_id_, key_id_;
  bool introspected_ = false;
  std::vector<std::string> audiences_;
  TokenBinding binding_;
  Algorithm algorithm_ = Algorithm::kEs256;
  std::optional<std::string> header_key_id_;
  KeyIdentity signer_{};     // the key that the signature was
  size_t issuer_index_ = 0;  // among the verifier's issuers
  absl::Time issued_at_ = absl::InfinitePast();
  absl::Time not_before_ = absl::InfinitePast();
  absl::Time expires_at_ = absl::InfinitePast();
  absl::Time valid_from_ = absl::InfiniteFuture();
  absl::Time valid_until_ = absl::InfinitePast();
  std::unique_ptr<const nlohmann::json> claims_;
  GenerationMemo not_revoked_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_VERIFIED_TOKEN_H_
