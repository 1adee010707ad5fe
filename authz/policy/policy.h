// The access policy: which role gives which permissions, and who has which role.
#ifndef WARDEN_AUTHZ_POLICY_POLICY_H_
#define WARDEN_AUTHZ_POLICY_POLICY_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "authz/config/source_map.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/names.h"
#include "authz/principal.h"

namespace warden {

class BindingIndex;
class VerifiedToken;

// Read from a file of warden.v1.Policy (policy.proto), in YAML. Immutable once loaded, thread-safe.
class Policy {
 public:
  // InvalidArgument with every problem of the text and of its meaning, one to a line, each
  // "file:line:col: path: what is wrong and what to do".
  static absl::StatusOr<std::shared_ptr<const Policy>> FromYaml(std::string_view text,
                                                                std::string_view file_name);
  // The same for a file; NotFound and the like if it cannot be read.
  static absl::StatusOr<std::shared_ptr<const Policy>> FromFile(const std::string& path);

  ~Policy();
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // Who calls: gives the caller every role of every binding that holds for them. A null peer stands
  // for one without a certificate, a null token or key for a call without one. Claims of unexpected
  // types give no role. Never null.
  std::shared_ptr<const Principal> MakePrincipal(VerifiedCredentials caller) const;
  std::shared_ptr<const Principal> MakePrincipal(std::shared_ptr<const Peer> peer,
                                                 std::shared_ptr<const VerifiedToken> token) const {
    return MakePrincipal(VerifiedCredentials{.peer = std::move(peer), .token = std::move(token)});
  }

  // Whether the bindings fit the issuers that the server trusts. With several of them each binding
  // by claim must name its issuer, or one issuer could hand out the roles of another; a binding of
  // an issuer that is not trusted can never hold. InvalidArgument with every problem.
  absl::Status CheckIssuers(absl::Span<const std::string> trusted_issuers) const;
  // A binding by API key can never hold where the server has none.
  absl::Status CheckApiKeys(bool has_api_keys) const;

  // Whether some role gives the permission.
  bool GrantsAnywhere(std::string_view permission) const;

  const std::vector<std::string>& roles() const { return role_names_->names(); }  // sorted
  const std::vector<std::string>& permissions() const {
    return permission_names_->names();
  }  // sorted
  // What the role gives, as ids of permission_names(); empty for an unknown role.
  const BitSet& PermissionsOf(std::string_view role) const;
  const std::shared_ptr<const NameTable>& permission_names() const { return permission_names_; }
  // Roles that no binding gives. Sorted.
  std::vector<std::string> UnboundRoles() const;
  // "policy.yaml:3:5": where the role, or the first mention of the permission, stands.
  std::string PlaceOfRole(std::string_view role) const;
  std::string PlaceOfPermission(std::string_view permission) const;

  // SHA-256 of the file's bytes in lower-case hexadecimal: the policy's version.
  const std::string& sha256() const { return sha256_; }
  const std::string& file_name() const { return file_name_; }

 private:
  friend class PolicyBuilder;
  struct BindingIssuer {
    bool by_claim;
    bool by_api_key;
    std::string issuer;
  };

  Policy();

  std::string file_name_;
  std::string sha256_;
  std::shared_ptr<const NameTable> role_names_;
  std::shared_ptr<const NameTable> permission_names_;
  std::vector<BitSet> role_permissions_;       // by role id
  std::vector<std::string> permission_paths_;  // by permission id: where it is first given
  BitSet bound_roles_;                         // roles that some binding gives
  std::vector<BindingIssuer> binding_issuers_;
  SourceMap places_;
  std::unique_ptr<const BindingIndex> bindings_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_POLICY_H_
