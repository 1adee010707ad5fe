#include "authz/policy/policy.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"
#include "authz/policy/binding_index.h"
#include "authz/policy/policy_builder.h"
#include "authz/token/verified_token.h"
#include "warden/v1/policy.pb.h"

namespace warden {
namespace {

absl::StatusOr<std::string> Sha256Hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("SHA-256 is not available");
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), length));
}

}  // namespace

Policy::Policy() = default;
Policy::~Policy() = default;

absl::StatusOr<std::shared_ptr<const Policy>> Policy::FromYaml(std::string_view text,
                                                               std::string_view file_name) {
  v1::Policy file;
  SourceMap places;
  if (const absl::Status status = LoadYaml(text, file_name, &file, &places); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> sha256 = Sha256Hex(text);
  if (!sha256.ok()) return sha256.status();
  return PolicyBuilder(file, std::move(places)).Build(*std::move(sha256));
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::FromFile(const std::string& path) {
  std::string text;
  if (const absl::Status status = ReadBoundedFile(path, YamlBounds().max_bytes, &text);
      !status.ok()) {
    return status;
  }
  return FromYaml(text, path);
}

std::shared_ptr<const Principal> Policy::MakePrincipal(VerifiedCredentials caller) const {
  static const auto* const kNoPeer =
      new std::shared_ptr<const Peer>(std::make_shared<const Peer>());
  if (caller.peer == nullptr) caller.peer = *kNoPeer;
  const Peer& peer = caller.peer_counts ? *caller.peer : **kNoPeer;
  BitSet role_ids;
  if (caller.token == nullptr) {
    role_ids = bindings_->RolesOf(peer, nullptr, caller.api_key.get());
  } else {
    const TokenClaims claims{caller.token->issuer(), caller.token->claims()};
    role_ids = bindings_->RolesOf(peer, &claims, caller.api_key.get());
  }
  std::vector<std::string> roles;
  BitSet permissions;
  role_ids.ForEach([&](size_t id) {
    roles.push_back(role_names_->name(static_cast<uint32_t>(id)));
    permissions.AddAll(role_permissions_[id]);
  });
  return std::shared_ptr<const Principal>(new Principal(std::move(caller), std::move(roles),
                                                        permission_names_, std::move(permissions)));
}

absl::Status Policy::CheckIssuers(absl::Span<const std::string> trusted_issuers) const {
  ProblemList problems;
  const std::vector<std::string> trusted(trusted_issuers.begin(), trusted_issuers.end());
  for (size_t i = 0; i < binding_issuers_.size(); ++i) {
    const auto& [by_claim, by_api_key, issuer] = binding_issuers_[i];
    if (!by_claim) continue;
    const std::string path = ItemPath("bindings", i);
    if (trusted.empty()) {
      problems.AddAt(places_, path, "can never hold: the server trusts no issuer of tokens");
    } else if (issuer.empty() && trusted.size() > 1) {
      problems.AddAt(places_, path,
                     absl::StrCat("needs an `issuer`: the server trusts ", trusted.size(),
                                  " issuers, and each of them could give these roles"));
    } else if (!issuer.empty() &&
               std::find(trusted.begin(), trusted.end(), issuer) == trusted.end()) {
      problems.AddAt(places_, ChildPath(path, "issuer"),
                     absl::StrCat("the server does not trust the issuer ", Quoted(issuer),
                                  Suggestion(issuer, trusted)));
    }
  }
  return problems.ToStatus();
}

absl::Status Policy::CheckApiKeys(bool has_api_keys) const {
  ProblemList problems;
  for (size_t i = 0; !has_api_keys && i < binding_issuers_.size(); ++i) {
    if (!binding_issuers_[i].by_api_key) continue;
    problems.AddAt(places_, ChildPath(ItemPath("bindings", i), "api_key"),
                   "can never hold: the server's configuration has no `api_keys`");
  }
  return problems.ToStatus();
}

bool Policy::GrantsAnywhere(std::string_view permission) const {
  return permission_names_->Find(permission).has_value();
}

const BitSet& Policy::PermissionsOf(std::string_view role) const {
  static const auto* const kNone = new BitSet;
  const std::optional<uint32_t> id = role_names_->Find(role);
  return id.has_value() ? role_permissions_[*id] : *kNone;
}

std::vector<std::string> Policy::UnboundRoles() const {
  std::vector<std::string> unbound;
  for (uint32_t id = 0; id < role_names_->size(); ++id) {
    if (!bound_roles_.Has(id)) unbound.push_back(role_names_->name(id));
  }
  return unbound;
}

std::string Policy::PlaceOfRole(std::string_view role) const {
  return places_.Place(ChildPath("roles", role));
}

std::string Policy::PlaceOfPermission(std::string_view permission) const {
  const std::optional<uint32_t> id = permission_names_->Find(permission);
  return id.has_value() ? places_.Place(permission_paths_[*id]) : file_name_;
}

}  // namespace warden
