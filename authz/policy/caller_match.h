// What bindings and denials ask of a caller, with its names resolved.
#ifndef WARDEN_AUTHZ_POLICY_CALLER_MATCH_H_
#define WARDEN_AUTHZ_POLICY_CALLER_MATCH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "authz/identity/peer.h"
#include "authz/policy/bit_set.h"
#include "authz/token/claim_path.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

// Holds for a caller if each part that is there holds.
struct CallerMatch {
  struct Claim {
    ClaimPath path;
    std::vector<std::string> values;
  };
  struct PeerNames {
    std::vector<std::string> spiffe_ids;  // or patterns, see SpiffePattern
    std::vector<std::string> dns_names;
    std::vector<std::string> certificate_sha256;
    std::vector<std::string> common_names;
  };
  struct KeyNames {
    std::vector<std::string> ids;
    std::vector<std::string> scopes;
  };
  std::optional<Claim> claim = std::nullopt;
  std::vector<std::string> scopes = {};  // of the token; no such part where empty
  std::string issuer = {};               // of the token; "" for any. No part of its own
  std::optional<PeerNames> peer = std::nullopt;
  std::optional<KeyNames> api_key = std::nullopt;
  std::optional<size_t> addresses = std::nullopt;  // number of the policy's circumstance
  std::optional<size_t> when = std::nullopt;       // likewise

  bool ByToken() const { return claim.has_value() || !scopes.empty(); }
  // Whether it says who the caller is, and not only where.
  bool NamesCaller() const { return ByToken() || peer.has_value() || api_key.has_value(); }
};

// The claims of a verified token, with its issuer.
struct TokenClaims {
  std::string_view issuer;
  const nlohmann::json& claims;
};

// What counts of a verified API key.
struct ApiKeyFacts {
  std::string_view id;
  absl::Span<const std::string> scopes;
};

// A caller as matches see it. Whoever makes one says that all of it was verified, or only asks what
// would be.
struct CallerFacts {
  const Peer* peer = nullptr;  // null for one without certificate
  // False where the method leaves the peer's certificate out: it then gives no roles and does not
  // authenticate. Denials see it all the same.
  bool peer_counts = true;
  const TokenClaims* token = nullptr;    // null without one
  const ApiKeyFacts* api_key = nullptr;  // likewise
};

// Which parts of a match hold, each on its own; a part that is not there holds.
struct MatchParts {
  bool claim = true;
  bool scopes = true;
  bool issuer = true;
  bool peer = true;
  bool api_key = true;
  bool addresses = true;
  bool when = true;

  bool all() const { return claim && scopes && issuer && peer && api_key && addresses && when; }
};

// Goes through the match part by part: for explanations. Decisions are MatchIndex's, and the same.
// `where` has the sets of addresses that the peer's is in.
MatchParts ExamineMatch(const CallerMatch& match, const CallerFacts& caller, const BitSet& where);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_CALLER_MATCH_H_
