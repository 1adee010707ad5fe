// `access.when`: whether a call that its caller's permissions allow may be made now, and with this
// request.
#ifndef WARDEN_INTERCEPTORS_STAGES_CONDITION_H_
#define WARDEN_INTERCEPTORS_STAGES_CONDITION_H_

#include <optional>

#include "google/protobuf/message.h"
#include "interceptors/call.h"
#include "interceptors/refusal.h"

namespace warden {

// Of the method's condition, the parts that need no request, and those that do. A refusal is
// kConditionFailed where a part does not hold, kConditionError where it cannot be evaluated.
// REQUIRES: the call has its principal. Thread-safe for different calls.
std::optional<Refusal> CheckConditionBeforeBody(Call& call);
std::optional<Refusal> CheckConditionWithBody(Call& call, const google::protobuf::Message& request);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_CONDITION_H_
