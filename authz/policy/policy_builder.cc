#include "authz/policy/policy_builder.h"
#include "authz/policy/policy_condition.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/policy/match_index.h"
#include "authz/policy/role_graph.h"

namespace warden {
namespace {

std::string CheckNameOrWildcard(std::string_view name) {
  if (IsValidWildcard(name)) return "";
  std::string complaint = CheckName(name);
  if (!complaint.empty() && name.find('*') != std::string_view::npos) {
    return absl::StrCat(Quoted(name), " is not a valid wildcard; `*` stands alone, or at the end ",
                        "after a `.`, `:` or `/`: `orders.*`");
  }
  return complaint;
}

std::string CheckMethodPattern(std::string_view text) {
  if (IsMethodPattern(text)) return "";
  return absl::StrCat(Quoted(text),
                      " is not a method; write `/package.Service/Method`, or `/package.Service/*`");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Policy>> PolicyBuilder::Build(std::string sha256) {
  policy_.reset(new Policy);
  policy_->file_name_ = places_.file_name();
  policy_->places_ = places_;
  policy_->sha256_ = std::move(sha256);
  if (!CheckSizes()) return problems_.ToStatus();
  NumberNames();
  for (const std::string& name : policy_->role_names_->names()) {
    BuildRole(name, file_.roles().at(name));
  }
  ResolveInheritance();
  for (int i = 0; i < file_.bindings_size(); ++i) {
    BuildBinding(file_.bindings(i), ItemPath("bindings", static_cast<size_t>(i)));
  }
  for (int i = 0; i < file_.deny_size(); ++i) {
    BuildDenial(file_.deny(i), ItemPath("deny", static_cast<size_t>(i)));
  }
  if (!problems_.empty()) return problems_.ToStatus();
  IndexMatches();
  return std::shared_ptr<const Policy>(std::move(policy_));
}

bool PolicyBuilder::CheckSizes() {
  const auto check = [&](std::string_view path, size_t size, size_t most) {
    if (size <= most) return;
    Report(std::string(path),
           absl::StrCat("has ", size, " entries; at most ", most, " are allowed"));
  };
  check("roles", static_cast<size_t>(file_.roles_size()), Policy::kMostRoles);
  check("bindings", static_cast<size_t>(file_.bindings_size()), Policy::kMostBindings);
  check("deny", static_cast<size_t>(file_.deny_size()), Policy::kMostDenials);
  return problems_.empty();
}

void PolicyBuilder::NumberNames() {
  std::vector<std::string> names;
  std::vector<std::string> permissions;
  for (const auto& [name, role] : file_.roles()) {
    names.push_back(name);
    permissions.insert(permissions.end(), role.permissions().begin(), role.permissions().end());
  }
  policy_->role_names_ = std::make_shared<const NameTable>(std::move(names));
  policy_->permission_names_ = std::make_shared<const NameTable>(std::move(permissions));
  const size_t count = policy_->permission_names_->size();
  if (count > Policy::kMostPermissions) {
    Report("roles", absl::StrCat("name ", count, " permissions; at most ", Policy::kMostPermissions,
                                 " are allowed"));
  }
  policy_->permission_paths_.resize(count);
}

void PolicyBuilder::BuildRole(const std::string& name, const v1::Role& role) {
  const std::string path = ChildPath("roles", name);
  if (const std::string complaint = CheckName(name); !complaint.empty()) Report(path, complaint);
  if (role.permissions().empty() && role.inherits().empty()) {
    Report(path, "gives no permissions; list at least one, or remove the role");
  }
  RoleSpec spec;
  spec.permissions = RolePermissions(role, ChildPath(path, "permissions"));
  const NameTable& names = *policy_->role_names_;
  reader_.ReadList(role.inherits(), ChildPath(path, "inherits"),
                   [&](std::string_view parent) -> std::string {
                     const std::optional<uint32_t> id = names.Find(parent);
                     if (!id.has_value()) {
                       return absl::StrCat("there is no role ", Quoted(parent),
                                           Suggestion(parent, names.names()));
                     }
                     spec.inherits.push_back(*id);
                     return "";
                   });
  spec.break_glass = role.break_glass();
  policy_->role_specs_.push_back(std::move(spec));
}

// With what its wildcards stand for among the permissions that the policy names; what only methods
// name is found by the wildcard itself.
BitSet PolicyBuilder::RolePermissions(const v1::Role& role, const std::string& path) {
  const NameTable& names = *policy_->permission_names_;
  BitSet granted(names.size());
  const std::vector<std::string> permissions =
      reader_.ReadList(role.permissions(), path, CheckNameOrWildcard);
  for (size_t i = 0; i < permissions.size(); ++i) {
    const uint32_t id = *names.Find(permissions[i]);
    granted.Add(id);
    if (policy_->permission_paths_[id].empty()) policy_->permission_paths_[id] = ItemPath(path, i);
    if (IsValidWildcard(permissions[i])) granted.AddAll(CoveredBy(id));
  }
  return granted;
}

const BitSet& PolicyBuilder::CoveredBy(uint32_t wildcard) {
  const auto [found, is_new] = covered_.try_emplace(wildcard);
  if (!is_new) return found->second;
  const NameTable& names = *policy_->permission_names_;
  for (uint32_t other = 0; other < names.size(); ++other) {
    if (Covers(names.name(wildcard), names.name(other))) found->second.Add(other);
  }
  return found->second;
}

void PolicyBuilder::ResolveInheritance() {
  std::vector<RoleCycle> cycles;
  policy_->role_rights_ = ResolveRoles(policy_->role_specs_, &cycles);
  const NameTable& names = *policy_->role_names_;
  for (const RoleCycle& cycle : cycles) {
    std::vector<std::string> way;
    std::vector<std::string> steps;
    for (const uint32_t id : cycle) way.push_back(names.name(id));
    for (size_t i = 0; i + 1 < way.size(); ++i) {
      steps.push_back(absl::StrCat(way[i], " at ", policy_->PlaceOfRole(way[i])));
    }
    Report(ChildPath(ChildPath("roles", way.front()), "inherits"),
           absl::StrCat("the role inherits from itself: ", absl::StrJoin(way, " -> "), " (",
                        absl::StrJoin(steps, ", "), ")"));
  }
}

BitSet PolicyBuilder::ReadRoles(const google::protobuf::RepeatedPtrField<std::string>& list,
                                const std::string& path) {
  const NameTable& names = *policy_->role_names_;
  BitSet roles(names.size());
  reader_.ReadList(list, path, [&](std::string_view role) -> std::string {
    const std::optional<uint32_t> id = names.Find(role);
    if (!id.has_value()) {
      return absl::StrCat("there is no role ", Quoted(role), Suggestion(role, names.names()));
    }
    roles.Add(*id);
    return "";
  });
  return roles;
}

void PolicyBuilder::AddAddresses(const google::protobuf::RepeatedPtrField<std::string>& ranges,
                                 const std::string& path, bool of_denial, CallerMatch* match) {
  if (ranges.empty()) return;
  match->addresses = policy_->circumstances_.size();
  policy_->circumstances_.push_back(
      {reader_.ReadAddresses(ranges, ChildPath(path, "addresses")), std::nullopt, of_denial});
}

void PolicyBuilder::AddCondition(const std::string& when, const std::string& path, bool of_denial,
                                 CallerMatch* match) {
  if (when.empty()) return;
  std::vector<std::string> problems;
  std::optional<condition::Condition> compiled = of_denial
                                                     ? CompileDenialCondition(when, &problems)
                                                     : CompileBindingCondition(when, &problems);
  for (const std::string& problem : problems) Report(ChildPath(path, "when"), problem);
  if (!compiled.has_value()) return;
  match->when = policy_->circumstances_.size();
  policy_->circumstances_.push_back({AddressSet(), std::move(compiled), of_denial});
}

void PolicyBuilder::BuildBinding(const v1::Binding& binding, const std::string& path) {
  if (binding.roles().empty()) Report(path, "gives no roles; list at least one");
  Policy::Binding built;
  built.roles = ReadRoles(binding.roles(), ChildPath(path, "roles"));
  built.match = reader_.Read(binding, path);
  if (!built.match.NamesCaller()) {
    Report(path, "binds to nobody; set one or more of `claim`, `scopes`, `peer` and `api_key`");
  }
  AddAddresses(binding.addresses(), path, /*of_denial=*/false, &built.match);
  AddCondition(binding.when(), path, /*of_denial=*/false, &built.match);
  policy_->bindings_.push_back(std::move(built));
}

void PolicyBuilder::BuildDenial(const v1::Denial& denial, const std::string& path) {
  Denial built;
  built.path = path;
  built.description = denial.description();
  built.permissions =
      reader_.ReadList(denial.permissions(), ChildPath(path, "permissions"), CheckNameOrWildcard);
  built.methods =
      reader_.ReadList(denial.methods(), ChildPath(path, "methods"), CheckMethodPattern);
  built.roles = ReadRoles(denial.roles(), ChildPath(path, "roles"));
  built.match = reader_.Read(denial, path);
  if (!built.match.NamesCaller() && denial.roles().empty() && denial.addresses().empty() &&
      denial.when().empty()) {
    Report(path,
           "denies everybody; set one or more of `roles`, `claim`, `scopes`, `peer`, `api_key`, "
           "`addresses` and `when`");
  }
  AddAddresses(denial.addresses(), path, /*of_denial=*/true, &built.match);
  AddCondition(denial.when(), path, /*of_denial=*/true, &built.match);
  policy_->denials_.push_back(std::move(built));
}

void PolicyBuilder::IndexMatches() {
  std::vector<CallerMatch> matches;
  for (const Policy::Binding& binding : policy_->bindings_) matches.push_back(binding.match);
  policy_->binding_index_ =
      std::make_unique<const MatchIndex>(matches, MatchIndex::Nameless::kNever);
  matches.clear();
  for (const Denial& denial : policy_->denials_) matches.push_back(denial.match);
  policy_->denial_index_ =
      std::make_unique<const MatchIndex>(matches, MatchIndex::Nameless::kEverybody);
}

}  // namespace warden
