#include "authz/policy/match_index.h"

#include <map>

#include "absl/strings/string_view.h"
#include "authz/policy/claim_text.h"

namespace warden {
namespace {

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

MatchIndex::MatchIndex(const std::vector<CallerMatch>& matches, Nameless nameless)
    : size_(matches.size()) {
  std::map<ClaimPath, size_t> group_of_path;
  for (uint32_t number = 0; number < matches.size(); ++number) {
    const CallerMatch& match = matches[number];
    if (match.ByToken() && match.issuer.empty()) of_any_issuer_.Add(number);
    if (match.ByToken() && !match.issuer.empty()) of_issuer_[match.issuer].Add(number);
    if (match.claim.has_value()) {
      needs_claim_.Add(number);
      const auto [group, is_new] = group_of_path.emplace(match.claim->path, claim_groups_.size());
      if (is_new) claim_groups_.push_back({match.claim->path, {}});
      ByText& by_value = claim_groups_[group->second].by_value;
      for (const std::string& value : match.claim->values) by_value[value].push_back(number);
    }
    if (!match.scopes.empty()) {
      needs_scope_.Add(number);
      for (const std::string& scope : match.scopes) by_scope_[scope].push_back(number);
    }
    if (match.peer.has_value()) AddPeer(number, *match.peer);
    if (match.api_key.has_value()) {
      needs_key_.Add(number);
      for (const auto& id : match.api_key->ids) by_key_id_[id].push_back(number);
      for (const auto& scope : match.api_key->scopes) by_key_scope_[scope].push_back(number);
    }
    if (match.addresses.has_value()) circumstances_.push_back({number, *match.addresses});
    if (match.when.has_value()) circumstances_.push_back({number, *match.when});
    if (!match.NamesCaller() && nameless == Nameless::kEverybody) nameless_.Add(number);
  }
}

void MatchIndex::AddPeer(uint32_t number, const CallerMatch::PeerNames& names) {
  needs_peer_.Add(number);
  for (const std::string& id : names.spiffe_ids) {
    absl::StatusOr<SpiffePattern> pattern = id.find('*') == std::string::npos
                                                ? absl::InvalidArgumentError("no pattern")
                                                : SpiffePattern::Parse(id);
    if (pattern.ok()) {
      by_spiffe_pattern_.emplace_back(*std::move(pattern), number);
    } else {
      by_spiffe_id_[id].push_back(number);
    }
  }
  for (const auto& name : names.dns_names) by_dns_name_[name].push_back(number);
  for (const auto& sha256 : names.certificate_sha256) by_sha256_[sha256].push_back(number);
  for (const auto& name : names.common_names) by_common_name_[name].push_back(number);
}

void MatchIndex::Mark(const ByText& by_text, std::string_view text, BitSet* holding) {
  const auto found = by_text.find(ToAbsl(text));
  if (found == by_text.end()) return;
  for (const uint32_t number : found->second) holding->Add(number);
}

// Those that take this issuer's word.
BitSet MatchIndex::Believed(const TokenClaims& token) const {
  BitSet believed = of_any_issuer_;
  if (const auto own = of_issuer_.find(ToAbsl(token.issuer)); own != of_issuer_.end()) {
    believed.AddAll(own->second);
  }
  return believed;
}

BitSet MatchIndex::ClaimsHolding(const TokenClaims& token) const {
  BitSet holding(size_);
  for (const ClaimGroup& group : claim_groups_) {
    const nlohmann::json* value = FindClaim(token.claims, group.path);
    if (value == nullptr) continue;
    ForEachClaimText(*value, [&](std::string_view text) { Mark(group.by_value, text, &holding); });
  }
  return holding;
}

BitSet MatchIndex::ScopesHolding(const TokenClaims& token) const {
  BitSet holding(size_);
  if (by_scope_.empty()) return holding;
  ForEachScope(token.claims, [&](std::string_view scope) { Mark(by_scope_, scope, &holding); });
  return holding;
}

BitSet MatchIndex::PeersHolding(const Peer& peer) const {
  BitSet holding(size_);
  if (!peer.has_certificate()) return holding;
  Mark(by_spiffe_id_, peer.spiffe_id, &holding);
  for (const auto& [pattern, number] : by_spiffe_pattern_) {
    if (pattern.Matches(peer.spiffe_id)) holding.Add(number);
  }
  for (const std::string& name : peer.dns_sans) Mark(by_dns_name_, name, &holding);
  Mark(by_sha256_, peer.certificate_sha256, &holding);
  if (!peer.common_name.empty()) Mark(by_common_name_, peer.common_name, &holding);
  return holding;
}

BitSet MatchIndex::KeysHolding(const ApiKeyFacts& api_key) const {
  BitSet holding(size_);
  Mark(by_key_id_, api_key.id, &holding);
  for (const std::string& scope : api_key.scopes) Mark(by_key_scope_, scope, &holding);
  return holding;
}

BitSet MatchIndex::Holding(const CallerFacts& caller, const BitSet& where) const {
  BitSet claims;
  BitSet scopes;
  if (caller.token != nullptr) {
    const BitSet believed = Believed(*caller.token);
    claims = ClaimsHolding(*caller.token);
    claims.KeepOnly(believed);
    scopes = ScopesHolding(*caller.token);
    scopes.KeepOnly(believed);
  }
  const BitSet peers = caller.peer == nullptr ? BitSet() : PeersHolding(*caller.peer);
  const BitSet keys = caller.api_key == nullptr ? BitSet() : KeysHolding(*caller.api_key);
  // Only a match of which some part holds can hold; one with several parts needs them all.
  BitSet some = nameless_;
  some.AddAll(claims);
  some.AddAll(scopes);
  some.AddAll(peers);
  some.AddAll(keys);
  BitSet holding(size_);
  some.ForEach([&](size_t number) {
    const bool holds = (!needs_claim_.Has(number) || claims.Has(number)) &&
                       (!needs_scope_.Has(number) || scopes.Has(number)) &&
                       (!needs_peer_.Has(number) || peers.Has(number)) &&
                       (!needs_key_.Has(number) || keys.Has(number));
    if (holds) holding.Add(number);
  });
  for (const Circumstance& part : circumstances_) {
    if (!where.Has(part.set)) holding.Remove(part.match);
  }
  return holding;
}

}  // namespace warden
