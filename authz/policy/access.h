// What a method's annotation asks of its callers, and the decision on it.
#ifndef WARDEN_AUTHZ_POLICY_ACCESS_H_
#define WARDEN_AUTHZ_POLICY_ACCESS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "authz/config/problem.h"
#include "authz/policy/authn.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/caller_rights.h"
#include "authz/policy/step_up.h"

namespace google::protobuf {
class MethodDescriptor;
}  // namespace google::protobuf

namespace warden {

class Policy;
class Principal;
struct AccessCondition;

// warden.v1.Access, checked.
struct MethodAccess {
  enum class Kind { kPublic, kAuthenticated, kPermissions };
  Kind kind = Kind::kPermissions;
  std::vector<std::string> all_of;  // every one is needed
  std::vector<std::string> any_of;  // and one of these, if there are any
  // Which credentials count; nothing where the configuration's default does. Never of kPublic.
  std::optional<MethodAuthn> authn;
  // How fresh and strong the caller's authentication must be, where that matters. Never of kPublic.
  std::optional<StepUp> step_up;
  // What must hold, too; null where the annotation has no `when`. Never of kPublic.
  std::shared_ptr<const AccessCondition> condition;
  // Whether requests must be signed.
  bool signed_requests = false;
};

// "public", "authenticated", or the permissions: "orders.read and one of (a, b)"; with `when`,
// "orders.read and a condition"; with `authn` and `step_up`, where the annotation has them, in
// brackets: "orders.read [BEARER] [acr gold]".
std::string ToString(const MethodAccess& access);

// The method's own `(warden.v1.access)`, else its service's `service_access`, else its file's
// `file_access`; the nearest one counts as a whole. NotFound if there is none, InvalidArgument with
// every problem of the one that counts; both name method and place. Options of Warden that this
// version does not know are an error, since leaving a restriction out would open the method.
absl::StatusOr<MethodAccess> ResolveAccess(const google::protobuf::MethodDescriptor& method);

// The same, giving the problems one by one; `*access` is meaningful only if there are none.
std::vector<Problem> FindAccessProblems(const google::protobuf::MethodDescriptor& method,
                                        MethodAccess* access);

// "shop/v1/orders.proto:12:3" if the descriptor has source information, else the file's name.
std::string PlaceOf(const google::protobuf::MethodDescriptor& method);

// "no role of policy.yaml gives the permission `orders.cancl`; did you mean `orders.cancel`?"
std::string UnknownPermission(std::string_view permission, const Policy& policy);

// What a rule says of a call.
enum class AccessVerdict {
  kAllowed,
  kAllowedByBreakGlass,  // only because of a break-glass role
  kLacking,              // not authenticated, or without a permission
  kDenied,               // by a denial of the policy, whatever the roles give
};

// A MethodAccess compiled against a policy, but for its condition, which is judged apart. One that
// was default-constructed or moved from allows nobody. Immutable otherwise, thread-safe.
class AccessRule {
 public:
  // InvalidArgument if a permission is in no role of the policy (nobody could ever call), or the
  // access asks for nothing. `method` is its full name, "/pkg.Service/Method", that denials go by;
  // without it, those by method count whatever they name.
  // `policy` may be null if the access is not by permissions; nothing is denied then.
  static absl::StatusOr<AccessRule> Compile(const MethodAccess& access,
                                            std::shared_ptr<const Policy> policy,
                                            std::string_view method = "");

  AccessRule() = default;
  AccessRule(const AccessRule&) = default;
  AccessRule& operator=(const AccessRule&) = default;
  AccessRule(AccessRule&& other) noexcept;
  AccessRule& operator=(AccessRule&& other) noexcept;

  // Whether the caller may call. Denials win, then permissions decide. Allocates nothing. A
  // principal that another version of the policy made is judged by its permissions, name by name,
  // and is denied where either version has a denial that could be meant: ids of one mean nothing to
  // the other. A server bundles rules and principals of one version, so this is for what is kept.
  AccessVerdict Judge(const Principal& principal) const;
  bool Allows(const Principal& principal) const;

  // The same for rights of the policy that the rule was compiled against.
  AccessVerdict Judge(bool authenticated, const CallerRights& rights) const;

  // What the caller lacks: every missing permission of all_of and, if none of any_of is there, all
  // of those. Empty if the permissions suffice or none are asked for.
  std::vector<std::string> MissingPermissions(const Principal& principal) const;

  // For the operator's audit: "denied by policy.yaml:12:5 (no contractors)", "not authenticated",
  // "lacks orders.read; lacks all of (a, b)"; "" if allowed. Names nothing that is the caller's.
  std::string WhyDenied(const Principal& principal) const;
  // The break-glass roles of the caller:
  // "break-glass role emergency at policy.yaml:7:3". For kAllowedByBreakGlass.
  std::string WhyBreakGlass(const Principal& principal) const;

  MethodAccess::Kind kind() const { return kind_; }
  const MethodAccess& access() const { return access_; }
  // The denials of the policy that concern the method, by number.
  const BitSet& denials() const { return denials_; }

 private:
  bool IsOfSamePolicy(const Principal& principal) const;
  // Whether `permissions` are enough, whoever has them.
  bool Suffice(const BitSet& permissions) const;
  AccessVerdict JudgeByName(const Principal& principal) const;

  bool armed_ = false;
  MethodAccess::Kind kind_ = MethodAccess::Kind::kPermissions;
  MethodAccess access_;
  std::shared_ptr<const Policy> policy_;
  BitSet all_of_;                // those that the policy names
  std::vector<BitSet> covered_;  // the others of all_of, each by the wildcards that give it
  BitSet any_of_;                // ids of either kind
  BitSet denials_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_ACCESS_H_
