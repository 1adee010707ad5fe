#include "authz/policy/access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/policy/denial.h"
#include "authz/policy/policy.h"
#include "authz/principal.h"

namespace warden {
namespace {

std::vector<std::string> NamesMissing(const std::vector<std::string>& names,
                                      const Principal& principal) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!principal.HasPermission(name)) missing.push_back(name);
  }
  return missing;
}

// Which permissions of `policy` give this one: itself where the policy names it, which its
// wildcards were resolved against, else the wildcards that stand for it.
BitSet GivenBy(std::string_view permission, const NameTable& names) {
  BitSet ids;
  if (const std::optional<uint32_t> id = names.Find(permission); id.has_value()) {
    ids.Add(*id);
  } else {
    names.ForEachCovering(permission, [&](uint32_t wildcard) { ids.Add(wildcard); });
  }
  return ids;
}

}  // namespace

absl::StatusOr<AccessRule> AccessRule::Compile(const MethodAccess& access,
                                               std::shared_ptr<const Policy> policy,
                                               std::string_view method) {
  AccessRule rule;
  rule.kind_ = access.kind;
  rule.access_ = access;
  if (access.kind == MethodAccess::Kind::kPermissions) {
    if (access.all_of.empty() && access.any_of.empty()) {
      return absl::InvalidArgumentError("access by permissions asks for none");
    }
    if (policy == nullptr)
      return absl::InvalidArgumentError("access by permissions needs a policy");
    const NameTable& names = *policy->permission_names();
    std::vector<std::string> unknown;
    const auto given_by = [&](const std::string& name) {
      BitSet ids = GivenBy(name, names);
      if (ids.empty()) unknown.push_back(UnknownPermission(name, *policy));
      return ids;
    };
    for (const std::string& name : access.all_of) {
      const bool named = names.Find(name).has_value();
      named ? rule.all_of_.AddAll(given_by(name)) : rule.covered_.push_back(given_by(name));
    }
    for (const std::string& name : access.any_of) rule.any_of_.AddAll(given_by(name));
    if (!unknown.empty()) return absl::InvalidArgumentError(absl::StrJoin(unknown, "\n"));
  }
  if (policy != nullptr) {
    for (size_t i = 0; i < policy->denials().size(); ++i) {
      const Denial& denial = policy->denials()[i];
      const bool could_be = method.empty() && !denial.methods.empty();
      if (could_be || Concerns(denial, access, method)) rule.denials_.Add(i);
    }
  }
  rule.policy_ = std::move(policy);
  rule.armed_ = true;
  return rule;
}

std::string UnknownPermission(std::string_view permission, const Policy& policy) {
  return absl::StrCat("no role of ", policy.file_name(), " gives the permission ",
                      Quoted(permission), Suggestion(permission, policy.permissions()));
}

AccessRule::AccessRule(AccessRule&& other) noexcept { *this = std::move(other); }

AccessRule& AccessRule::operator=(AccessRule&& other) noexcept {
  if (this == &other) return *this;
  armed_ = std::exchange(other.armed_, false);
  kind_ = std::exchange(other.kind_, MethodAccess::Kind::kPermissions);
  access_ = std::move(other.access_);
  policy_ = std::move(other.policy_);
  all_of_ = std::move(other.all_of_);
  covered_ = std::move(other.covered_);
  any_of_ = std::move(other.any_of_);
  denials_ = std::move(other.denials_);
  return *this;
}

bool AccessRule::Suffice(const BitSet& permissions) const {
  if (kind_ != MethodAccess::Kind::kPermissions) return true;
  return permissions.HasAll(all_of_) &&
         std::all_of(covered_.begin(), covered_.end(),
                     [&](const BitSet& wildcards) { return permissions.HasAny(wildcards); }) &&
         (access_.any_of.empty() || permissions.HasAny(any_of_));
}

AccessVerdict AccessRule::Judge(bool authenticated, const CallerRights& rights) const {
  if (!armed_) return AccessVerdict::kLacking;
  if (denials_.HasAny(rights.denials)) return AccessVerdict::kDenied;
  if (kind_ == MethodAccess::Kind::kPublic) return AccessVerdict::kAllowed;
  if (!authenticated || !Suffice(rights.permissions)) return AccessVerdict::kLacking;
  return Suffice(rights.ordinary) ? AccessVerdict::kAllowed : AccessVerdict::kAllowedByBreakGlass;
}

bool AccessRule::IsOfSamePolicy(const Principal& principal) const {
  return policy_ != nullptr && policy_->permission_names() == principal.permission_names_;
}

AccessVerdict AccessRule::Judge(const Principal& principal) const {
  return IsOfSamePolicy(principal) ? Judge(principal.authenticated(), principal.rights_)
                                   : JudgeByName(principal);
}

bool AccessRule::Allows(const Principal& principal) const {
  const AccessVerdict verdict = Judge(principal);
  return verdict == AccessVerdict::kAllowed || verdict == AccessVerdict::kAllowedByBreakGlass;
}

AccessVerdict AccessRule::JudgeByName(const Principal& principal) const {
  if (!armed_) return AccessVerdict::kLacking;
  if (!denials_.empty() || !principal.rights_.denials.empty()) return AccessVerdict::kDenied;
  if (kind_ == MethodAccess::Kind::kPublic) return AccessVerdict::kAllowed;
  const auto has = [&](const std::string& name) { return principal.HasPermission(name); };
  const bool enough =
      principal.authenticated() && std::all_of(access_.all_of.begin(), access_.all_of.end(), has) &&
      (access_.any_of.empty() || std::any_of(access_.any_of.begin(), access_.any_of.end(), has));
  if (!enough) return AccessVerdict::kLacking;
  // Rather once too often than not at all.
  const CallerRights& rights = principal.rights_;
  return rights.ordinary == rights.permissions ? AccessVerdict::kAllowed
                                               : AccessVerdict::kAllowedByBreakGlass;
}

std::vector<std::string> AccessRule::MissingPermissions(const Principal& principal) const {
  std::vector<std::string> missing = NamesMissing(access_.all_of, principal);
  const std::vector<std::string> choices = NamesMissing(access_.any_of, principal);
  if (choices.size() == access_.any_of.size())
    missing.insert(missing.end(), choices.begin(), choices.end());
  return missing;
}

std::string AccessRule::WhyDenied(const Principal& principal) const {
  const AccessVerdict verdict = Judge(principal);
  if (verdict == AccessVerdict::kDenied) {
    if (!IsOfSamePolicy(principal)) return "the caller is of another version of the policy";
    BitSet both = denials_;
    both.KeepOnly(principal.rights_.denials);
    std::vector<std::string> texts;
    both.ForEach([&](size_t number) { texts.push_back(policy_->DenialText(number)); });
    return absl::StrJoin(texts, "; ");
  }
  if (verdict != AccessVerdict::kLacking) return "";
  if (!armed_) return "the rule is empty";
  if (!principal.authenticated()) return "not authenticated";
  std::string text;
  const std::vector<std::string> all = NamesMissing(access_.all_of, principal);
  if (!all.empty()) absl::StrAppend(&text, "lacks ", absl::StrJoin(all, ", "));
  if (!access_.any_of.empty() &&
      NamesMissing(access_.any_of, principal).size() == access_.any_of.size()) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", "lacks all of (",
                    absl::StrJoin(access_.any_of, ", "), ")");
  }
  return text;
}

std::string AccessRule::WhyBreakGlass(const Principal& principal) const {
  if (!IsOfSamePolicy(principal)) return "";
  std::vector<std::string> roles;
  principal.rights_.roles.ForEach([&](size_t id) {
    if (!policy_->role_specs()[id].break_glass) return;
    const std::string& name = policy_->role_names().name(static_cast<uint32_t>(id));
    roles.push_back(absl::StrCat("break-glass role ", name, " at ", policy_->PlaceOfRole(name)));
  });
  return absl::StrJoin(roles, "; ");
}

}  // namespace warden
