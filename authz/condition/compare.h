// Equality and order of values. Sources: google/cel-spec, doc/langdef.md, "Equality" and
// "Ordering".
#ifndef WARDEN_AUTHZ_CONDITION_COMPARE_H_
#define WARDEN_AUTHZ_CONDITION_COMPARE_H_

#include <compare>

#include "authz/condition/context.h"
#include "authz/condition/value.h"

namespace warden::condition {

// Whether two map keys are the same: numbers by their mathematical value, else kind and content.
// False for what cannot be a key.
bool SameKey(const Value& a, const Value& b);

// kBool, or kError where the comparison costs too much or meets an error inside. Values of
// different kinds are not equal; numbers are compared by their mathematical value; NaN equals
// nothing.
Value Equal(Context& context, const Value& a, const Value& b);

// unordered: NaN is one of them. REQUIRES: both numbers.
std::partial_ordering CompareNumbers(const Value& a, const Value& b);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_COMPARE_H_
