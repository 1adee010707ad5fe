#include "authz/policy/explain.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/problem.h"
#include "authz/policy/denial.h"

namespace warden {
namespace {

using Kind = ExplainStep::Kind;

// "claim, peer": the parts that do not hold.
std::string Failing(const MatchParts& parts) {
  std::vector<std::string_view> failing;
  const auto add = [&](bool holds, std::string_view name) {
    if (!holds) failing.push_back(name);
  };
  add(parts.claim, "claim");
  add(parts.scopes, "scopes");
  add(parts.issuer, "issuer");
  add(parts.peer, "peer");
  add(parts.api_key, "api_key");
  add(parts.addresses, "addresses");
  add(parts.when, "when");
  return absl::StrJoin(failing, ", ",
                       [](std::string* out, std::string_view part) { out->append(part); });
}

class Explainer {
 public:
  Explainer(const Policy& policy, const AccessRule& rule, const CallerFacts& caller,
            std::string_view address)
      : policy_(policy),
        rule_(rule),
        caller_(caller),
        where_(policy.Where(address)),
        rights_(policy.RightsOf(caller, where_)) {}

  Explanation Run() {
    const bool certified = caller_.peer != nullptr && caller_.peer->has_certificate();
    const bool authenticated = caller_.token != nullptr || caller_.api_key != nullptr ||
                               (caller_.peer_counts && certified);
    result_.verdict = rule_.Judge(authenticated, rights_);
    AddBindings();
    AddRoles();
    AddPermissions();
    AddDenials();
    AddVerdict(authenticated);
    return std::move(result_);
  }

 private:
  ExplainStep& Add(Kind kind, bool holds, std::string place, std::string text) {
    return result_.steps.emplace_back(ExplainStep{
        .kind = kind, .holds = holds, .place = std::move(place), .text = std::move(text)});
  }

  std::string RoleNames(const BitSet& roles, std::string_view separator) const {
    std::vector<std::string> names;
    roles.ForEach(
        [&](size_t id) { names.push_back(policy_.role_names().name(static_cast<uint32_t>(id))); });
    return absl::StrJoin(names, absl::string_view(separator.data(), separator.size()));
  }

  void AddBindings() {
    const BitSet holding = policy_.BindingsHolding(caller_, where_);
    CallerFacts counting = caller_;
    if (!caller_.peer_counts) counting.peer = nullptr;
    for (size_t i = 0; i < policy_.bindings().size(); ++i) {
      const Policy::Binding& binding = policy_.bindings()[i];
      const bool holds = holding.Has(i);
      const std::string roles = RoleNames(binding.roles, ", ");
      Add(Kind::kBinding, holds, policy_.PlaceOf(ItemPath("bindings", i)),
          holds ? absl::StrCat("gives ", roles)
                : absl::StrCat("does not give ", roles, ": ",
                               Failing(ExamineMatch(binding.match, counting, where_)),
                               " does not hold"));
      if (holds) bound_.AddAll(binding.roles);
    }
  }

  void AddRoles() {
    rights_.roles.ForEach([&](size_t member) {
      const auto id = static_cast<uint32_t>(member);
      const std::string& name = policy_.role_names().name(id);
      std::string text = name;
      std::vector<std::string> way;
      for (const uint32_t step : InheritancePath(policy_.role_specs(), bound_, id)) {
        way.push_back(policy_.role_names().name(step));
      }
      if (way.size() > 1) absl::StrAppend(&text, ", inherited: ", absl::StrJoin(way, " -> "));
      if (policy_.role_specs()[id].break_glass) text += ", break-glass";
      Add(Kind::kRole, true, policy_.PlaceOfRole(name), std::move(text));
    });
  }

  // Which of the caller's roles give the permission themselves.
  BitSet Givers(std::string_view permission) const {
    BitSet givers;
    const NameTable& names = *policy_.permission_names();
    BitSet ids;
    if (const auto id = names.Find(permission); id.has_value()) ids.Add(*id);
    names.ForEachCovering(permission, [&](uint32_t wildcard) { ids.Add(wildcard); });
    rights_.roles.ForEach([&](size_t role) {
      if (policy_.role_specs()[role].permissions.HasAny(ids)) givers.Add(role);
    });
    return givers;
  }

  // Returns whether the caller has it.
  bool AddPermission(const std::string& name, bool one_of_several) {
    const BitSet givers = Givers(name);
    const bool has = !givers.empty();
    Add(Kind::kPermission, has, has ? policy_.PlaceOfPermission(name) : "",
        absl::StrCat(name, one_of_several ? " (one of several)" : "",
                     has ? absl::StrCat(", given by ", RoleNames(givers, ", "))
                         : ", given by none of the caller's roles"));
    return has;
  }

  void AddPermissions() {
    const MethodAccess& access = rule_.access();
    const bool lacking = result_.verdict == AccessVerdict::kLacking;
    for (const std::string& name : access.all_of) {
      if (!AddPermission(name, false)) result_.steps.back().decisive = lacking;
    }
    const size_t first = result_.steps.size();
    bool any = access.any_of.empty();
    for (const std::string& name : access.any_of) any = AddPermission(name, true) || any;
    for (size_t i = first; !any && i < result_.steps.size(); ++i) {
      result_.steps[i].decisive = lacking;
    }
  }

  void AddDenials() {
    rule_.denials().ForEach([&](size_t number) {
      const Denial& denial = policy_.denials()[number];
      const bool holds = rights_.denials.Has(number);
      std::string why = Failing(ExamineMatch(denial.match, caller_, where_));
      if (!denial.roles.empty() && !rights_.roles.HasAny(denial.roles)) {
        absl::StrAppend(&why, why.empty() ? "" : ", ", "roles");
      }
      const std::string name =
          denial.description.empty() ? "" : absl::StrCat(" (", denial.description, ")");
      Add(Kind::kDenial, holds, policy_.PlaceOf(denial.path),
          holds ? absl::StrCat("denies the call", name)
                : absl::StrCat("does not deny the call", name, ": ", why, " does not hold"))
          .decisive = holds;
    });
  }

  void AddVerdict(bool authenticated) {
    std::string text;
    switch (result_.verdict) {
      case AccessVerdict::kAllowed:
        text = "allowed";
        break;
      case AccessVerdict::kAllowedByBreakGlass:
        text = "allowed only by a break-glass role; the call is recorded";
        break;
      case AccessVerdict::kLacking:
        text = authenticated ? "refused: a permission is missing"
                             : "refused: the caller is not authenticated";
        break;
      case AccessVerdict::kDenied:
        text = "refused: denied by the policy";
        break;
    }
    Add(Kind::kVerdict, result_.allowed(), "",
        absl::StrCat(text, "; the method asks for ", ToString(rule_.access())));
  }

  const Policy& policy_;
  const AccessRule& rule_;
  const CallerFacts caller_;
  const BitSet where_;
  const CallerRights rights_;
  BitSet bound_;
  Explanation result_;
};

}  // namespace

std::string_view ToString(ExplainStep::Kind kind) {
  switch (kind) {
    case Kind::kBinding:
      return "binding";
    case Kind::kRole:
      return "role";
    case Kind::kPermission:
      return "permission";
    case Kind::kDenial:
      return "denial";
    case Kind::kVerdict:
      break;
  }
  return "verdict";
}

absl::StatusOr<Explanation> ExplainAccess(const std::shared_ptr<const Policy>& policy,
                                          const MethodAccess& access, std::string_view method,
                                          const CallerFacts& caller, std::string_view address) {
  const absl::StatusOr<AccessRule> rule = AccessRule::Compile(access, policy, method);
  if (!rule.ok()) return rule.status();
  if (policy == nullptr) return absl::InvalidArgumentError("an explanation needs a policy");
  return Explainer(*policy, *rule, caller, address).Run();
}

}  // namespace warden
