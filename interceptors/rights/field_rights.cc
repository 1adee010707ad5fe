#include "interceptors/rights/field_rights.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/policy/access.h"
#include "authz/policy/policy.h"
#include "interceptors/rights/rights_compiler.h"
#include "interceptors/rights/rights_plan.h"
#include "interceptors/rights/rights_walk.h"

namespace warden {

using google::protobuf::Message;
using rights::RightsWalk;

FieldRights::FieldRights(std::unique_ptr<const rights::Plan> plan) : plan_(std::move(plan)) {}

FieldRights::~FieldRights() = default;

std::shared_ptr<const FieldRights> FieldRights::Compile(const google::protobuf::Descriptor& type,
                                                        Direction direction,
                                                        std::vector<Problem>* problems) {
  std::unique_ptr<const rights::Plan> plan =
      rights::RightsCompiler(direction, problems).Compile(type);
  if (plan == nullptr) return nullptr;
  return std::shared_ptr<const FieldRights>(new FieldRights(std::move(plan)));
}

std::vector<Problem> FieldRights::UnknownPermissions(const Policy& policy) const {
  std::vector<Problem> problems;
  for (const rights::Right& right : plan_->rights) {
    for (const std::string& permission : right.permissions) {
      if (policy.GrantsAnywhere(permission)) continue;
      problems.push_back(
          {right.place, absl::StrCat(right.field, ": ", UnknownPermission(permission, policy))});
    }
  }
  return problems;
}

std::vector<std::string> FieldRights::permissions() const {
  std::vector<std::string> names;
  for (const rights::Right& right : plan_->rights) {
    names.insert(names.end(), right.permissions.begin(), right.permissions.end());
  }
  return names;
}

bool FieldRights::MaySet(const Message& message, const Principal& caller, size_t max_violations,
                         std::vector<Violation>* out) const {
  const size_t before = out->size();
  RightsWalk(*plan_, caller).FindUnwritable(message, max_violations, out);
  return out->size() == before;
}

bool FieldRights::Hides(const Message& message, const Principal& caller) const {
  return RightsWalk(*plan_, caller).Hides(message);
}

void FieldRights::Clear(Message* message, const Principal& caller) const {
  RightsWalk(*plan_, caller).Clear(message);
}

}  // namespace warden
