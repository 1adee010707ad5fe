// Reads what bindings and denials of a policy file ask of a caller. Internal to authz/policy.
#ifndef WARDEN_AUTHZ_POLICY_MATCH_READER_H_
#define WARDEN_AUTHZ_POLICY_MATCH_READER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/identity/address_set.h"
#include "authz/policy/caller_match.h"
#include "warden/v1/policy.pb.h"

namespace warden {

// "" or what is wrong with the name of a role or permission.
std::string CheckName(std::string_view name);

// Reports to `problems` what is wrong. Not thread-safe.
class MatchReader {
 public:
  using Texts = google::protobuf::RepeatedPtrField<std::string>;

  MatchReader(const SourceMap& places, ProblemList* problems)
      : places_(places), problems_(problems) {}

  // Copies the list and calls `check(text)`, which gives "" or what is wrong, for each item;
  // reports empty texts and duplicates.
  template <typename Check>
  std::vector<std::string> ReadList(const Texts& list, const std::string& path, Check check);

  // All but the addresses and the condition of `from`, a v1::Binding or v1::Denial at `path`.
  template <typename From>
  CallerMatch Read(const From& from, const std::string& path);

  AddressSet ReadAddresses(const Texts& ranges, const std::string& path);

  void Report(const std::string& path, std::string_view message) {
    problems_->AddAt(places_, path, message);
  }

 private:
  CallerMatch::Claim ReadClaim(const v1::ClaimMatch& claim, const std::string& path);
  CallerMatch::PeerNames ReadPeer(const v1::PeerMatch& peer, const std::string& path);
  CallerMatch::KeyNames ReadApiKey(const v1::ApiKeyMatch& key, const std::string& path);
  std::vector<std::string> ReadScopes(const Texts& scopes, const std::string& path);
  void CheckIssuer(const CallerMatch& match, const std::string& path);

  const SourceMap& places_;
  ProblemList* const problems_;
};

template <typename Check>
std::vector<std::string> MatchReader::ReadList(const Texts& list, const std::string& path,
                                               Check check) {
  std::vector<std::string> items;
  absl::flat_hash_map<std::string, size_t> seen;
  for (const std::string& text : list) {
    const std::string item_path = ItemPath(path, items.size());
    const auto [first, is_new] = seen.emplace(text, items.size());
    const std::string complaint = text.empty() ? "is empty" : check(text);
    if (!complaint.empty()) {
      Report(item_path, complaint);
    } else if (!is_new) {
      Report(item_path,
             absl::StrCat(Quoted(text), " is a duplicate of item ", first->second, "; remove it"));
    }
    items.push_back(text);
  }
  return items;
}

template <typename From>
CallerMatch MatchReader::Read(const From& from, const std::string& path) {
  CallerMatch match;
  if (from.has_claim()) match.claim = ReadClaim(from.claim(), ChildPath(path, "claim"));
  match.scopes = ReadScopes(from.scopes(), ChildPath(path, "scopes"));
  match.issuer = from.issuer();
  if (from.has_peer()) match.peer = ReadPeer(from.peer(), ChildPath(path, "peer"));
  if (from.has_api_key()) match.api_key = ReadApiKey(from.api_key(), ChildPath(path, "api_key"));
  CheckIssuer(match, path);
  return match;
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_MATCH_READER_H_
