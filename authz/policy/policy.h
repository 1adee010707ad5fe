// The access policy: which role gives which permissions, who has which role, and who is denied
// what.
#ifndef WARDEN_AUTHZ_POLICY_POLICY_H_
#define WARDEN_AUTHZ_POLICY_POLICY_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "authz/condition/condition.h"
#include "authz/config/source_map.h"
#include "authz/identity/address_set.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/caller_match.h"
#include "authz/policy/caller_rights.h"
#include "authz/policy/names.h"
#include "authz/policy/role_graph.h"
#include "authz/principal.h"

namespace warden {

class MatchIndex;
class VerifiedToken;
struct Denial;
struct MethodAccess;

// What a condition can ask of a call, besides its caller.
struct CallFacts {
  std::string_view address;  // of the peer, without port
  std::string_view method;   // "/pkg.Service/Method"
  absl::Time now;
};

// What a server serves, as far as a policy is about it.
struct PolicyMethod {
  std::string_view name;  // "/pkg.Service/Method"
  const MethodAccess* access;
};

// Read from a file of warden.v1.Policy (policy.proto), in YAML. Immutable once loaded, thread-safe.
class Policy {
 public:
  // Besides those of YamlBounds. Together they bound a policy's memory to some tens of megabytes.
  static constexpr size_t kMostRoles = 4096;
  static constexpr size_t kMostPermissions = 16384;  // and wildcards
  static constexpr size_t kMostBindings = 16384;
  static constexpr size_t kMostDenials = 1024;

  // A binding as the file has it.
  struct Binding {
    BitSet roles;  // ids
    CallerMatch match;
  };

  // InvalidArgument with every problem of the text and of its meaning, one to a line, each
  // "file:line:col: path: what is wrong and what to do".
  static absl::StatusOr<std::shared_ptr<const Policy>> FromYaml(std::string_view text,
                                                                std::string_view file_name);
  // The same for a file; NotFound and the like if it cannot be read.
  static absl::StatusOr<std::shared_ptr<const Policy>> FromFile(const std::string& path);

  ~Policy();
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // The circumstances of a call: which of the policy's sets of addresses the peer's address is in,
  // and which of its conditions hold. An address that cannot be read ("", a socket's path) is in
  // the sets of denials and in no binding's. A condition that cannot be evaluated holds for denials
  // and for no binding; so does each where the call is not known. Empty, and quick, where
  // !uses_circumstances().
  BitSet Where(const VerifiedCredentials& caller, const CallFacts& call) const;
  BitSet Where(std::string_view address) const;  // conditions are not known
  bool uses_circumstances() const { return !circumstances_.empty(); }

  // Who calls: gives the caller every role of every binding that holds for them, with what those
  // inherit. A null peer stands for one without a certificate, a null token or key for a call
  // without one. Claims of unexpected types give no role. Never null. `where` is Where of the call;
  // without it the address counts as unreadable.
  std::shared_ptr<const Principal> MakePrincipal(VerifiedCredentials caller,
                                                 const BitSet& where) const;
  std::shared_ptr<const Principal> MakePrincipal(VerifiedCredentials caller) const;
  std::shared_ptr<const Principal> MakePrincipal(std::shared_ptr<const Peer> peer,
                                                 std::shared_ptr<const VerifiedToken> token) const {
    return MakePrincipal(VerifiedCredentials{.peer = std::move(peer), .token = std::move(token)});
  }

  // The same decision for a caller who need not exist, such as one of a test or an explanation.
  CallerRights RightsOf(const CallerFacts& caller, const BitSet& where) const;
  // Of a caller of whom only this role is known; "" for none. Denials that hang on anything else do
  // not hold.
  CallerRights RightsOfRole(std::string_view role) const;
  // The bindings that hold, by number.
  BitSet BindingsHolding(const CallerFacts& caller, const BitSet& where) const;

  // Whether the bindings fit the issuers that the server trusts. With several of them each binding
  // by claim must name its issuer, or one issuer could hand out the roles of another; a binding or
  // denial of an issuer that is not trusted can never hold. InvalidArgument with every problem.
  absl::Status CheckIssuers(absl::Span<const std::string> trusted_issuers) const;
  // A binding or denial by API key can never hold where the server has none.
  absl::Status CheckApiKeys(bool has_api_keys) const;
  // A denial of a method that is not served, or of a permission that no method asks for, denies
  // nothing: a slip that would leave open what was meant to be shut.
  absl::Status CheckDenials(absl::Span<const PolicyMethod> served) const;

  // Whether some role gives the permission.
  bool GrantsAnywhere(std::string_view permission) const;

  const std::vector<std::string>& roles() const { return role_names_->names(); }  // sorted
  // Sorted; wildcards among them, as they stand in the file.
  const std::vector<std::string>& permissions() const { return permission_names_->names(); }
  // What the role gives, inherited permissions with it, as ids of permission_names(); empty for an
  // unknown role.
  const BitSet& PermissionsOf(std::string_view role) const;
  const std::shared_ptr<const NameTable>& permission_names() const { return permission_names_; }
  const NameTable& role_names() const { return *role_names_; }
  const std::vector<RoleSpec>& role_specs() const { return role_specs_; }  // by role id
  bool has_break_glass() const;
  // Roles that no binding gives, and none that inherits from them. Sorted.
  std::vector<std::string> UnboundRoles() const;
  const std::vector<Binding>& bindings() const { return bindings_; }  // in the file's order
  const std::vector<Denial>& denials() const { return denials_; }     // likewise

  // "policy.yaml:3:5": where the role, or the first mention of the permission, stands.
  std::string PlaceOfRole(std::string_view role) const;
  std::string PlaceOfPermission(std::string_view permission) const;
  std::string PlaceOf(std::string_view field_path) const { return places_.Place(field_path); }
  // "denied by policy.yaml:12:5 (no contractors)".
  std::string DenialText(size_t denial) const;

  // SHA-256 of the file's bytes in lower-case hexadecimal: the policy's version.
  const std::string& sha256() const { return sha256_; }
  const std::string& file_name() const { return file_name_; }

 private:
  friend class PolicyBuilder;
  // A set of addresses, or a condition.
  struct Circumstance {
    AddressSet addresses;
    std::optional<condition::Condition> when;
    bool of_denial;
  };

  Policy();
  CallerRights RightsOfRoles(const BitSet& bound) const;
  // The denials of `holding`, which are matched, whose roles the caller has.
  std::shared_ptr<const Principal> PrincipalWith(VerifiedCredentials caller,
                                                 CallerRights rights) const;
  bool HasConditions(bool of_denial) const;
  // Puts into `where` which conditions of bindings, or of denials, hold for the caller.
  void AskConditions(bool of_denial, const Principal& caller, const CallFacts& call,
                     BitSet* where) const;
  BitSet DenialsOf(const BitSet& holding, const BitSet& roles) const;

  std::string file_name_;
  std::string sha256_;
  std::shared_ptr<const NameTable> role_names_;
  std::shared_ptr<const NameTable> permission_names_;
  std::vector<RoleSpec> role_specs_;           // by role id
  std::vector<RoleRights> role_rights_;        // likewise
  std::vector<std::string> permission_paths_;  // by permission id: where it is first given
  std::vector<Binding> bindings_;
  std::vector<Denial> denials_;
  std::vector<Circumstance> circumstances_;
  SourceMap places_;
  std::unique_ptr<const MatchIndex> binding_index_;
  std::unique_ptr<const MatchIndex> denial_index_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_POLICY_H_
