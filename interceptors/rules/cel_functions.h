// The functions that conditions of rules have besides those of the language, with the names and
// meanings of the ecosystem's (buf.validate): they ask the same code as the rules of formats.
#ifndef WARDEN_INTERCEPTORS_RULES_CEL_FUNCTIONS_H_
#define WARDEN_INTERCEPTORS_RULES_CEL_FUNCTIONS_H_

#include "absl/types/span.h"
#include "authz/condition/functions.h"

namespace warden::rules {

//   text.isEmail(), isHostname(), isUri(), isUriRef(), isHostAndPort(port_required),
//   isIp(), isIp(version), isIpPrefix(), isIpPrefix(version), isIpPrefix(strict),
//   isIpPrefix(version, strict)                  version: 4, 6, or 0 for either
//   number.isNan(), isInf(), isInf(sign)         sign: above 0 for +Inf, below for -Inf, 0 for
//   either list.unique()                                of scalars, strings and bytes
// Static storage; thread-safe.
absl::Span<const condition::Overload> CelFunctions();

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_CEL_FUNCTIONS_H_
