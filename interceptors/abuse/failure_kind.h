// Which refusals are their caller's failures.
#ifndef WARDEN_INTERCEPTORS_ABUSE_FAILURE_KIND_H_
#define WARDEN_INTERCEPTORS_ABUSE_FAILURE_KIND_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "interceptors/reason.h"

namespace warden {

enum class FailureKind : uint8_t {
  kNone,         // not the caller's, or no sign of an attack
  kCredentials,  // they were wrong
  kDenied,
  kInvalid,  // what was sent
  kHandler,  // the handler's status is one that the method's `failures` names
};
inline constexpr size_t kFailureKinds = 5;
std::string_view ToString(FailureKind kind);  // snake_case; metric label

// kNone for what is not the caller's doing (errors, stores out of reach), for limits and blocks,
// which would feed themselves, and for what honest callers meet: credentials that have expired,
// that are missing, or that are to be made stronger, and tokens of a key that is not known here
// yet.
FailureKind FailureKindOf(Reason reason);

inline bool IsInvalidInput(Reason reason) { return FailureKindOf(reason) == FailureKind::kInvalid; }

// Whether a refusal says something of what the caller is after: kNone's daily ones, too, but no
// errors of ours, limits and blocks.
bool IsCallersDoing(Reason reason);

// The status codes that `(warden.v1.failures)` of the method names, else its service's, else its
// file's; one bit for each. InvalidArgument names what is wrong.
absl::StatusOr<uint32_t> ResolveFailureCodes(const google::protobuf::MethodDescriptor& method);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_FAILURE_KIND_H_
