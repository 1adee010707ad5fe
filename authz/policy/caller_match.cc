#include "authz/policy/caller_match.h"

#include <algorithm>

#include "authz/identity/name_pattern.h"
#include "authz/policy/claim_text.h"

namespace warden {
namespace {

bool Has(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool ClaimHolds(const CallerMatch::Claim& claim, const TokenClaims* token) {
  const nlohmann::json* value = token == nullptr ? nullptr : FindClaim(token->claims, claim.path);
  if (value == nullptr) return false;
  bool holds = false;
  ForEachClaimText(*value,
                   [&](std::string_view text) { holds = holds || Has(claim.values, text); });
  return holds;
}

bool ScopesHold(const std::vector<std::string>& scopes, const TokenClaims* token) {
  bool holds = false;
  if (token == nullptr) return false;
  ForEachScope(token->claims, [&](std::string_view scope) { holds = holds || Has(scopes, scope); });
  return holds;
}

bool PeerHolds(const CallerMatch::PeerNames& names, const Peer* peer) {
  if (peer == nullptr || !peer->has_certificate()) return false;
  const auto has_id = [&](const std::string& id) {
    if (id.find('*') == std::string::npos) return !id.empty() && id == peer->spiffe_id;
    const absl::StatusOr<SpiffePattern> pattern = SpiffePattern::Parse(id);
    return pattern.ok() && pattern->Matches(peer->spiffe_id);
  };
  return std::any_of(names.spiffe_ids.begin(), names.spiffe_ids.end(), has_id) ||
         std::any_of(peer->dns_sans.begin(), peer->dns_sans.end(),
                     [&](const std::string& name) { return Has(names.dns_names, name); }) ||
         Has(names.certificate_sha256, peer->certificate_sha256) ||
         Has(names.common_names, peer->common_name);
}

bool KeyHolds(const CallerMatch::KeyNames& names, const ApiKeyFacts* key) {
  if (key == nullptr) return false;
  return Has(names.ids, key->id) ||
         std::any_of(key->scopes.begin(), key->scopes.end(),
                     [&](const std::string& scope) { return Has(names.scopes, scope); });
}

}  // namespace

MatchParts ExamineMatch(const CallerMatch& match, const CallerFacts& caller, const BitSet& where) {
  MatchParts parts;
  parts.claim = !match.claim.has_value() || ClaimHolds(*match.claim, caller.token);
  parts.scopes = match.scopes.empty() || ScopesHold(match.scopes, caller.token);
  parts.issuer =
      match.issuer.empty() || (caller.token != nullptr && caller.token->issuer == match.issuer);
  parts.peer = !match.peer.has_value() || PeerHolds(*match.peer, caller.peer);
  parts.api_key = !match.api_key.has_value() || KeyHolds(*match.api_key, caller.api_key);
  parts.addresses = !match.addresses.has_value() || where.Has(*match.addresses);
  parts.when = !match.when.has_value() || where.Has(*match.when);
  return parts;
}

}  // namespace warden
