// Who gains and who loses what where one policy follows another: what `warden access diff` prints.
#ifndef WARDEN_TOOLS_WARDEN_ACCESS_DIFF_H_
#define WARDEN_TOOLS_WARDEN_ACCESS_DIFF_H_

#include <string>
#include <vector>

#include "authz/policy/access_matrix.h"
#include "warden/v1/policy.pb.h"

namespace warden::cli {

// Lines that only one of two files has, each in the JSON mapping of its message.
struct LineDiff {
  std::vector<std::string> added, removed;
  bool empty() const { return added.empty() && removed.empty(); }
};

struct AccessDiff {
  struct Change {
    std::string method;  // "/shop.v1.Shop/Get"
    std::string who;     // a role alone, "(anonymous)" or "(authenticated)"
  };
  std::string old_sha256, new_sha256;
  std::vector<Change> gains, loses;  // in the methods' order
  LineDiff roles;                    // names
  LineDiff bindings;                 // who has which role
  LineDiff denials;
  bool empty() const {
    return gains.empty() && loses.empty() && roles.empty() && bindings.empty() && denials.empty();
  }
};

// A policy, and the matrix of its roles and the methods.
struct PolicySide {
  const AccessMatrix& matrix;
  const v1::Policy& file;
};

// REQUIRES: both matrices are of the same methods.
AccessDiff DiffAccess(const PolicySide& before, const PolicySide& after);

std::string DiffAsText(const AccessDiff& diff);
std::string DiffAsJson(const AccessDiff& diff);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_ACCESS_DIFF_H_
