// Who makes the call, for handlers.
#ifndef WARDEN_INTERCEPTORS_GRPC_CALLER_H_
#define WARDEN_INTERCEPTORS_GRPC_CALLER_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "authz/principal.h"

namespace warden {

// The caller of the call that `context` belongs to; never null. Valid from a handler's begin to its
// end (callback API: until OnDone has returned) and safe to keep for longer. A call that did not
// pass the gate has an anonymous caller without roles, as has one that has ended. Thread-safe.
std::shared_ptr<const Principal> CallerOf(const grpc::ServerContextBase* context);

// The call's request id, as the client sees it in the `x-request-id` trailer; "" where CallerOf has
// nobody.
std::string RequestIdOf(const grpc::ServerContextBase* context);

// The trace-id of the call's `traceparent` (W3C Trace Context), 32 hexadecimal digits; "" where it
// has none that is well-formed, or CallerOf has nobody.
std::string TraceIdOf(const grpc::ServerContextBase* context);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_CALLER_H_
