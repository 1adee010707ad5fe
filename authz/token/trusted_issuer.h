// An issuer's options, checked and ready for use: which signatures and claims are believed.
#ifndef WARDEN_AUTHZ_TOKEN_TRUSTED_ISSUER_H_
#define WARDEN_AUTHZ_TOKEN_TRUSTED_ISSUER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "authz/token/binding.h"
#include "authz/token/claim_path.h"
#include "authz/token/claims.h"
#include "authz/token/compact_jws.h"
#include "authz/token/refused.h"
#include "authz/token/verifier.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

// Immutable and thread-safe.
class TrustedIssuer {
 public:
  // Adds what is wrong with the options to `problems`, each with `place` before it.
  TrustedIssuer(IssuerOptions options, const std::string& place,
                std::vector<std::string>* problems);

  const std::string& name() const { return options_.issuer; }
  AlgorithmSet algorithms() const { return algorithms_; }

  // The same issuer with other keys; with none where null.
  TrustedIssuer WithKeys(std::shared_ptr<const KeySet> keys) const;

  // Why no token could pass: no key is for any of the algorithms. "" if one is, and where the
  // issuer has no keys yet.
  std::string WhyUseless() const;

  // The header's algorithm, the key's choice, and the signature. The key that has signed, which
  // belongs to the issuer.
  OrRefused<const VerificationKey*> CheckSignature(const CompactJws& jws,
                                                   size_t max_keys_tried) const;

  // Would the key `signer` still be among those that such a header asks for, and be known by the
  // same name, under which it may be revoked?
  bool StillTrusts(const KeyIdentity& signer, const std::string& name,
                   const std::optional<std::string>& header_key_id, Algorithm algorithm,
                   size_t max_keys_tried) const;

  // Is there a key for such a header that `kid` names, so that newer keys would change nothing?
  bool NamesAKey(const std::optional<std::string>& key_id) const;

  std::optional<Refused> CheckType(const std::optional<std::string>& type) const;

  std::optional<Refused> CheckClaims(const RegisteredClaims& read, const nlohmann::json& claims,
                                     absl::Time now) const;

  // The claim that names the caller; "" without it. kBadClaim if it is there and no text.
  OrRefused<std::string> Subject(const RegisteredClaims& read, const nlohmann::json& claims) const;
  const BindingRules& binding_rules() const { return binding_rules_; }

  // When such a token becomes valid and ceases to be, leeway included. REQUIRES: `exp` is there.
  absl::Time ValidFrom(const RegisteredClaims& claims) const;
  absl::Time ValidUntil(const RegisteredClaims& claims) const;

 private:
  // The keys that the header asks for.
  OrRefused<std::vector<const VerificationKey*>> Candidates(
      const std::optional<std::string>& key_id, Algorithm algorithm, size_t max_keys_tried) const;
  std::optional<Refused> CheckAudience(const RegisteredClaims& read) const;
  std::optional<Refused> CheckTimes(const RegisteredClaims& read, absl::Time now) const;

  IssuerOptions options_;    // with `types` in lower case and without "application/"
  AlgorithmSet algorithms_;  // of options_.algorithms
  BindingRules binding_rules_;
  ClaimPath subject_claim_;  // empty: `sub`
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_TRUSTED_ISSUER_H_
