#include "authz/policy/binding_index.h"

#include <map>

#include "absl/strings/string_view.h"
#include "authz/apikey/verified_api_key.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

BindingIndex::BindingIndex(const std::vector<CompiledBinding>& bindings) {
  std::map<ClaimPath, size_t> group_of_path;
  for (uint32_t number = 0; number < bindings.size(); ++number) {
    const CompiledBinding& binding = bindings[number];
    roles_.push_back(binding.roles);
    if (binding.claim.has_value()) {
      needs_claim_.Add(number);
      if (binding.claim->issuer.empty()) {
        of_any_issuer_.Add(number);
      } else {
        of_issuer_[binding.claim->issuer].Add(number);
      }
      const auto [group, is_new] = group_of_path.emplace(binding.claim->path, claim_groups_.size());
      if (is_new) claim_groups_.push_back({binding.claim->path, {}});
      ByText& by_value = claim_groups_[group->second].by_value;
      for (const std::string& value : binding.claim->values) by_value[value].push_back(number);
    }
    if (binding.peer.has_value()) {
      needs_peer_.Add(number);
      for (const auto& id : binding.peer->spiffe_ids) by_spiffe_id_[id].push_back(number);
      for (const auto& name : binding.peer->dns_names) by_dns_name_[name].push_back(number);
      for (const auto& sha256 : binding.peer->certificate_sha256) {
        by_sha256_[sha256].push_back(number);
      }
    }
    if (binding.api_key.has_value()) {
      needs_key_.Add(number);
      for (const auto& id : binding.api_key->ids) by_key_id_[id].push_back(number);
      for (const auto& scope : binding.api_key->scopes) by_key_scope_[scope].push_back(number);
    }
  }
}

void BindingIndex::Mark(const ByText& by_text, std::string_view text, BitSet* holding) {
  const auto found = by_text.find(ToAbsl(text));
  if (found == by_text.end()) return;
  for (const uint32_t number : found->second) holding->Add(number);
}

void BindingIndex::MarkClaim(const ClaimGroup& group, const nlohmann::json& claims,
                             BitSet* holding) {
  const nlohmann::json* value = FindClaim(claims, group.path);
  if (value == nullptr) return;
  if (const auto* text = value->get_ptr<const std::string*>(); text != nullptr) {
    Mark(group.by_value, *text, holding);
  } else if (value->is_boolean()) {
    Mark(group.by_value, value->get<bool>() ? "true" : "false", holding);
  } else if (value->is_number_unsigned()) {
    Mark(group.by_value, std::to_string(value->get<uint64_t>()), holding);
  } else if (value->is_number_integer()) {
    Mark(group.by_value, std::to_string(value->get<int64_t>()), holding);
  } else if (value->is_array()) {
    for (const nlohmann::json& item : *value) {
      const auto* item_text = item.get_ptr<const std::string*>();
      if (item_text != nullptr) Mark(group.by_value, *item_text, holding);
    }
  }
}

BitSet BindingIndex::ClaimsHolding(const TokenClaims& token) const {
  BitSet holding(roles_.size());
  for (const ClaimGroup& group : claim_groups_) MarkClaim(group, token.claims, &holding);
  BitSet believed = of_any_issuer_;
  if (const auto own = of_issuer_.find(ToAbsl(token.issuer)); own != of_issuer_.end()) {
    believed.AddAll(own->second);
  }
  holding.KeepOnly(believed);
  return holding;
}

BitSet BindingIndex::PeersHolding(const Peer& peer) const {
  BitSet holding(roles_.size());
  if (!peer.has_certificate()) return holding;
  Mark(by_spiffe_id_, peer.spiffe_id, &holding);
  for (const std::string& name : peer.dns_sans) Mark(by_dns_name_, name, &holding);
  Mark(by_sha256_, peer.certificate_sha256, &holding);
  return holding;
}

BitSet BindingIndex::KeysHolding(const VerifiedApiKey& api_key) const {
  BitSet holding(roles_.size());
  Mark(by_key_id_, api_key.id(), &holding);
  for (const std::string& scope : api_key.scopes()) Mark(by_key_scope_, scope, &holding);
  return holding;
}

BitSet BindingIndex::RolesOf(const Peer& peer, const TokenClaims* token,
                             const VerifiedApiKey* api_key) const {
  const BitSet claims = token == nullptr ? BitSet() : ClaimsHolding(*token);
  const BitSet peers = PeersHolding(peer);
  const BitSet keys = api_key == nullptr ? BitSet() : KeysHolding(*api_key);
  // Only a binding of which some part holds can hold; one with several parts needs them all.
  BitSet some = peers;
  some.AddAll(claims);
  some.AddAll(keys);
  BitSet roles;
  some.ForEach([&](size_t number) {
    const bool holds = (!needs_claim_.Has(number) || claims.Has(number)) &&
                       (!needs_peer_.Has(number) || peers.Has(number)) &&
                       (!needs_key_.Has(number) || keys.Has(number));
    if (holds) roles.AddAll(roles_[number]);
  });
  return roles;
}

}  // namespace warden
