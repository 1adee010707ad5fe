#include "authz/policy/policy_builder.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

constexpr size_t kSha256HexDigits = 64;

bool IsDnsLabel(std::string_view label) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !label.empty() && label.size() <= 63 && plain(label.front()) && plain(label.back()) &&
         std::all_of(label.begin(), label.end(), [&](char c) { return plain(c) || c == '-'; });
}

std::string CheckName(std::string_view name) {
  if (IsValidName(name)) return "";
  return absl::StrCat(Quoted(name), " is not a valid name; use ",
                      absl::string_view(kNameGrammar.data(), kNameGrammar.size()));
}

std::string CheckDnsName(std::string_view name) {
  if (name.find('*') != std::string_view::npos) {
    return absl::StrCat(Quoted(name), " has a wildcard; names are compared exactly");
  }
  bool good = name.size() <= 253;
  for (size_t begin = 0; good && begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    good = IsDnsLabel(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return good ? "" : absl::StrCat(Quoted(name), " is not a DNS name in lower case");
}

std::string CheckSpiffeId(std::string_view id) {
  const absl::StatusOr<SpiffeId> parsed = SpiffeId::Parse(id);
  if (parsed.ok()) return "";
  return absl::StrCat(Quoted(id), " is not a SPIFFE ID: ", parsed.status().message());
}

std::string CheckSha256(std::string_view text) {
  const bool good =
      text.size() == kSha256HexDigits && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      });
  if (good) return "";
  return absl::StrCat(Quoted(text),
                      " is not a SHA-256: 64 lower-case hexadecimal digits, without colons");
}

std::string CheckKeyId(std::string_view id) {
  if (IsApiKeyId(id)) return "";
  return absl::StrCat(Quoted(id), " is not the id of an API key; use ",
                      absl::string_view(kApiKeyIdGrammar.data(), kApiKeyIdGrammar.size()));
}

std::string NoCheck(std::string_view) { return ""; }

}  // namespace

absl::StatusOr<std::shared_ptr<const Policy>> PolicyBuilder::Build(std::string sha256) {
  policy_.reset(new Policy);
  policy_->file_name_ = places_.file_name();
  policy_->places_ = places_;
  policy_->sha256_ = std::move(sha256);
  BuildRoles();
  for (int i = 0; i < file_.bindings_size(); ++i) {
    BuildBinding(file_.bindings(i), ItemPath("bindings", static_cast<size_t>(i)));
  }
  if (!problems_.empty()) return problems_.ToStatus();
  policy_->bindings_ = std::make_unique<const BindingIndex>(bindings_);
  return std::shared_ptr<const Policy>(std::move(policy_));
}

template <typename Check>
std::vector<std::string> PolicyBuilder::CheckList(
    const google::protobuf::RepeatedPtrField<std::string>& list, const std::string& path,
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

void PolicyBuilder::BuildRoles() {
  std::vector<std::string> names;
  std::vector<std::string> permissions;
  for (const auto& [name, role] : file_.roles()) {
    names.push_back(name);
    permissions.insert(permissions.end(), role.permissions().begin(), role.permissions().end());
  }
  policy_->role_names_ = std::make_shared<const NameTable>(std::move(names));
  policy_->permission_names_ = std::make_shared<const NameTable>(std::move(permissions));
  policy_->permission_paths_.resize(policy_->permission_names_->size());
  for (const std::string& name : policy_->role_names_->names()) {
    BuildRole(name, file_.roles().at(name));
  }
}

void PolicyBuilder::BuildRole(const std::string& name, const v1::Role& role) {
  const std::string path = ChildPath("roles", name);
  if (const std::string complaint = CheckName(name); !complaint.empty()) Report(path, complaint);
  const std::string list_path = ChildPath(path, "permissions");
  if (role.permissions().empty()) {
    Report(path, "gives no permissions; list at least one, or remove the role");
  }
  BitSet granted(policy_->permission_names_->size());
  const std::vector<std::string> permissions = CheckList(role.permissions(), list_path, CheckName);
  for (size_t i = 0; i < permissions.size(); ++i) {
    const uint32_t id = *policy_->permission_names_->Find(permissions[i]);
    granted.Add(id);
    if (policy_->permission_paths_[id].empty())
      policy_->permission_paths_[id] = ItemPath(list_path, i);
  }
  policy_->role_permissions_.push_back(std::move(granted));
}

void PolicyBuilder::BuildBinding(const v1::Binding& binding, const std::string& path) {
  CompiledBinding compiled;
  compiled.roles = BindingRoles(binding, path);
  if (!binding.has_claim() && !binding.has_peer() && !binding.has_api_key()) {
    Report(path, "binds to nobody; set one or more of `claim`, `peer` and `api_key`");
  }
  if (binding.has_claim()) compiled.claim = BindingClaim(binding, path);
  if (binding.has_peer()) compiled.peer = BindingPeer(binding.peer(), ChildPath(path, "peer"));
  if (binding.has_api_key()) {
    compiled.api_key = BindingApiKey(binding.api_key(), ChildPath(path, "api_key"));
  }
  if (!binding.issuer().empty() && !binding.has_claim()) {
    Report(ChildPath(path, "issuer"), "limits `claim`, but the binding has none");
  }
  policy_->bound_roles_.AddAll(compiled.roles);
  policy_->binding_issuers_.push_back(
      {binding.has_claim(), binding.has_api_key(), binding.issuer()});
  bindings_.push_back(std::move(compiled));
}

BitSet PolicyBuilder::BindingRoles(const v1::Binding& binding, const std::string& path) {
  const NameTable& names = *policy_->role_names_;
  BitSet roles(names.size());
  if (binding.roles().empty()) Report(path, "gives no roles; list at least one");
  CheckList(binding.roles(), ChildPath(path, "roles"), [&](std::string_view role) -> std::string {
    const std::optional<uint32_t> id = names.Find(role);
    if (!id.has_value()) {
      return absl::StrCat("there is no role ", Quoted(role), Suggestion(role, names.names()));
    }
    roles.Add(*id);
    return "";
  });
  return roles;
}

CompiledBinding::Claim PolicyBuilder::BindingClaim(const v1::Binding& binding,
                                                   const std::string& path) {
  const std::string claim_path = ChildPath(path, "claim");
  CompiledBinding::Claim claim;
  absl::StatusOr<ClaimPath> names = ParseClaimPath(binding.claim().path());
  if (names.ok()) {
    claim.path = *std::move(names);
  } else {
    const absl::string_view message = names.status().message();
    Report(ChildPath(claim_path, "path"), std::string_view(message.data(), message.size()));
  }
  if (binding.claim().values().empty()) {
    Report(claim_path, "has no values; list at least one");
  }
  claim.values = CheckList(binding.claim().values(), ChildPath(claim_path, "values"), NoCheck);
  claim.issuer = binding.issuer();
  return claim;
}

CompiledBinding::PeerNames PolicyBuilder::BindingPeer(const v1::PeerMatch& peer,
                                                      const std::string& path) {
  if (peer.spiffe_ids().empty() && peer.dns_names().empty() && peer.certificate_sha256().empty()) {
    Report(path, "names no peer; set `spiffe_ids`, `dns_names` or `certificate_sha256`");
  }
  return {CheckList(peer.spiffe_ids(), ChildPath(path, "spiffe_ids"), CheckSpiffeId),
          CheckList(peer.dns_names(), ChildPath(path, "dns_names"), CheckDnsName),
          CheckList(peer.certificate_sha256(), ChildPath(path, "certificate_sha256"), CheckSha256)};
}

CompiledBinding::KeyNames PolicyBuilder::BindingApiKey(const v1::ApiKeyMatch& key,
                                                       const std::string& path) {
  if (key.ids().empty() && key.scopes().empty()) {
    Report(path, "names no key; set `ids` or `scopes`");
  }
  return {CheckList(key.ids(), ChildPath(path, "ids"), CheckKeyId),
          CheckList(key.scopes(), ChildPath(path, "scopes"), CheckName)};
}

}  // namespace warden
