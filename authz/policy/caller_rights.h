// What a policy decided about a caller.
#ifndef WARDEN_AUTHZ_POLICY_CALLER_RIGHTS_H_
#define WARDEN_AUTHZ_POLICY_CALLER_RIGHTS_H_

#include "authz/policy/bit_set.h"

namespace warden {

// In ids of one policy.
struct CallerRights {
  BitSet roles;        // bound and inherited
  BitSet permissions;  // of those, with the wildcards among them
  BitSet ordinary;     // permissions without those that only break-glass roles give
  BitSet denials;      // that hold for the caller, each for the methods that it concerns
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_CALLER_RIGHTS_H_
