// A rule that refuses, whatever roles give.
#ifndef WARDEN_AUTHZ_POLICY_DENIAL_H_
#define WARDEN_AUTHZ_POLICY_DENIAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "authz/policy/access.h"
#include "authz/policy/bit_set.h"
#include "authz/policy/caller_match.h"

namespace warden {

// warden.v1.Denial, checked. It refuses a call whose method it concerns and whose caller all of the
// rest holds for.
struct Denial {
  std::string path;  // "deny[3]"
  std::string description;
  std::vector<std::string> permissions;  // or wildcards
  std::vector<std::string> methods;      // "/pkg.Service/Method" or "/pkg.Service/*"
  BitSet roles;                          // ids; the caller has one of these, where there are any
  CallerMatch match;
};

// "/pkg.Service/Method", or "/pkg.Service/*".
bool IsMethodPattern(std::string_view text);
bool MethodPatternCovers(std::string_view pattern, std::string_view method);

// Whether the denial is about this method: it names the method or a permission that it asks for, or
// names neither methods nor permissions.
bool Concerns(const Denial& denial, const MethodAccess& access, std::string_view method);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_DENIAL_H_
