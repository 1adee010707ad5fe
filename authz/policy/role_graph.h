// What roles give and inherit, worked out once when a policy is loaded.
#ifndef WARDEN_AUTHZ_POLICY_ROLE_GRAPH_H_
#define WARDEN_AUTHZ_POLICY_ROLE_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "authz/policy/bit_set.h"

namespace warden {

// A role as its file describes it; roles and permissions are ids.
struct RoleSpec {
  BitSet permissions;
  std::vector<uint32_t> inherits;  // in the file's order
  bool break_glass = false;
};

// A role with all that it inherits.
struct RoleRights {
  BitSet roles;        // itself and the inherited ones
  BitSet permissions;  // of all of those
  BitSet ordinary;     // those of them that come by no break-glass role
};

// One way of a role to itself: the ids of a, b, ... a.
using RoleCycle = std::vector<uint32_t>;

// The rights of each role, by id. Where roles inherit from themselves, `*cycles` gets one way for
// each inheritance that closes one, and the rights are of no use.
std::vector<RoleRights> ResolveRoles(const std::vector<RoleSpec>& roles,
                                     std::vector<RoleCycle>* cycles);

// The shortest way from one of `from` to `role` by inheritance, both included; the role alone where
// it is among `from`. Empty where there is none.
std::vector<uint32_t> InheritancePath(const std::vector<RoleSpec>& roles, const BitSet& from,
                                      uint32_t role);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_ROLE_GRAPH_H_
