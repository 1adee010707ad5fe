// Which of many bindings or denials hold for a caller, arranged so that a caller's claims and names
// are looked up instead of tried against each of them.
#ifndef WARDEN_AUTHZ_POLICY_MATCH_INDEX_H_
#define WARDEN_AUTHZ_POLICY_MATCH_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "authz/identity/name_pattern.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/caller_match.h"

namespace warden {

// Immutable, thread-safe.
class MatchIndex {
 public:
  // What a match means that does not name a caller: it never holds, or it holds for everybody whose
  // circumstances it asks for.
  enum class Nameless { kNever, kEverybody };
  MatchIndex(const std::vector<CallerMatch>& matches, Nameless nameless);

  // The numbers of the matches that hold. `where` has the circumstances of the
  // call, see Policy::Where.
  BitSet Holding(const CallerFacts& caller, const BitSet& where) const;

 private:
  using Members = std::vector<uint32_t>;  // numbers of matches
  using ByText = absl::flat_hash_map<std::string, Members>;
  struct ClaimGroup {
    ClaimPath path;
    ByText by_value;
  };
  struct Circumstance {
    uint32_t match;
    size_t set;
  };

  static void Mark(const ByText& by_text, std::string_view text, BitSet* holding);
  void AddPeer(uint32_t number, const CallerMatch::PeerNames& names);
  BitSet Believed(const TokenClaims& token) const;
  BitSet ClaimsHolding(const TokenClaims& token) const;
  BitSet ScopesHolding(const TokenClaims& token) const;
  BitSet PeersHolding(const Peer& peer) const;
  BitSet KeysHolding(const ApiKeyFacts& api_key) const;

  size_t size_;
  BitSet nameless_;  // those that hold without naming a caller
  BitSet needs_claim_;
  BitSet needs_scope_;
  BitSet needs_peer_;
  BitSet needs_key_;
  std::vector<ClaimGroup> claim_groups_;
  BitSet of_any_issuer_;
  absl::flat_hash_map<std::string, BitSet> of_issuer_;
  ByText by_scope_;
  ByText by_spiffe_id_;
  std::vector<std::pair<SpiffePattern, uint32_t>> by_spiffe_pattern_;
  ByText by_dns_name_;
  ByText by_sha256_;
  ByText by_common_name_;
  ByText by_key_id_;
  ByText by_key_scope_;
  std::vector<Circumstance> circumstances_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_MATCH_INDEX_H_
