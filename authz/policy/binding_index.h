// Who has which role: a policy's bindings, arranged so that a caller's claims and names are looked
// up instead of tried against each binding.
#ifndef WARDEN_AUTHZ_POLICY_BINDING_INDEX_H_
#define WARDEN_AUTHZ_POLICY_BINDING_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "authz/identity/peer.h"
#include "authz/policy/bit_set.h"
#include "authz/token/claim_path.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

class VerifiedApiKey;

// A binding with its names resolved. It holds for a caller if each part that is there holds.
struct CompiledBinding {
  struct Claim {
    ClaimPath path;
    std::vector<std::string> values;
    std::string issuer;  // "" for a token of any issuer
  };
  struct PeerNames {
    std::vector<std::string> spiffe_ids;
    std::vector<std::string> dns_names;
    std::vector<std::string> certificate_sha256;
  };
  struct KeyNames {
    std::vector<std::string> ids;
    std::vector<std::string> scopes;
  };
  BitSet roles;
  std::optional<Claim> claim;
  std::optional<PeerNames> peer;
  std::optional<KeyNames> api_key = std::nullopt;
};

// The claims of a verified token, with its issuer.
struct TokenClaims {
  std::string_view issuer;
  const nlohmann::json& claims;
};

// Immutable, thread-safe.
class BindingIndex {
 public:
  // A binding without any part never holds.
  explicit BindingIndex(const std::vector<CompiledBinding>& bindings);

  // The roles of every binding that holds. A claim holds if it is a string, a boolean or an integer
  // whose text is one of the values, or a list with such a string in it; any other type gives
  // nothing. `token` and `api_key` are null for a call without one.
  BitSet RolesOf(const Peer& peer, const TokenClaims* token,
                 const VerifiedApiKey* api_key = nullptr) const;

 private:
  using Members = std::vector<uint32_t>;  // numbers of bindings
  using ByText = absl::flat_hash_map<std::string, Members>;
  struct ClaimGroup {
    ClaimPath path;
    ByText by_value;
  };

  static void Mark(const ByText& by_text, std::string_view text, BitSet* holding);
  static void MarkClaim(const ClaimGroup& group, const nlohmann::json& claims, BitSet* holding);
  BitSet ClaimsHolding(const TokenClaims& token) const;
  BitSet PeersHolding(const Peer& peer) const;
  BitSet KeysHolding(const VerifiedApiKey& api_key) const;

  std::vector<BitSet> roles_;  // by binding
  BitSet needs_claim_;
  BitSet needs_peer_;
  BitSet needs_key_;
  std::vector<ClaimGroup> claim_groups_;
  BitSet of_any_issuer_;
  absl::flat_hash_map<std::string, BitSet> of_issuer_;
  ByText by_spiffe_id_;
  ByText by_dns_name_;
  ByText by_sha256_;
  ByText by_key_id_;
  ByText by_key_scope_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_BINDING_INDEX_H_
