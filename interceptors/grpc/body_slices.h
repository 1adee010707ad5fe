// Shows the guard a request's bytes before they are parsed.
#ifndef WARDEN_INTERCEPTORS_GRPC_BODY_SLICES_H_
#define WARDEN_INTERCEPTORS_GRPC_BODY_SLICES_H_

#include <grpc/byte_buffer.h>

#include "interceptors/grpc/call_registry.h"

namespace warden {

// Has the shape of a call's request judged, where its method asks for that, and sets the refusal of
// `state`. Neither copies nor changes `body`. Does nothing for a call that is refused or waits.
void JudgeBody(CallState& state, grpc_byte_buffer* body);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_BODY_SLICES_H_
