// What a rate limit service is told of a limit, and of who takes from it.
#ifndef WARDEN_INTERCEPTORS_STAGES_LIMIT_DESCRIPTOR_H_
#define WARDEN_INTERCEPTORS_STAGES_LIMIT_DESCRIPTOR_H_

#include <vector>

#include "interceptors/call.h"
#include "interceptors/limits/limit.h"
#include "interceptors/limits/shared/shared_store.h"

namespace warden {

// First {"limit", its name; without one the method's, with "[i]" after it for the method's further
// limits}, then one entry for each part of its key but METHOD, named as the part ("principal").
// Whatever stands in names and claims, two callers have the same values only if they are one to
// the limit: docs/limits.md has the forms. No value is empty. REQUIRES: `limit` is one of the
// call's method, and what AppendKey does.
std::vector<LimitEntry> DescriptorOf(const Limit& limit, Call& call);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_LIMIT_DESCRIPTOR_H_
