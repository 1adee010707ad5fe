// Answers a refused call, whatever its method's kind and API.
#ifndef WARDEN_INTERCEPTORS_GRPC_REFUSAL_HANDLER_H_
#define WARDEN_INTERCEPTORS_GRPC_REFUSAL_HANDLER_H_

#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "interceptors/call.h"
#include "interceptors/refusal.h"

namespace warden {

// The trailers that carry the request id, and the id of the trace that the caller named.
inline constexpr char kRequestIdTrailer[] = "x-request-id";
inline constexpr char kTraceIdTrailer[] = "x-trace-id";

// Puts the call's request id, and its trace's where it has one, among the trailers of its answer.
void AddRequestId(const Call& call, grpc::ServerContextBase* context);

// Puts what the answer says of limits among its trailers; `refusal` is null where it is none.
void AddLimitTrailers(const Call& call, const Refusal* refusal, grpc::ServerContextBase* context);

// Puts what the client is told of the refusal among the trailers, except for the status that is
// returned: code, and google.rpc.Status in `grpc-status-details-bin`, with the request id as its
// RequestInfo.
grpc::Status Answer(const Refusal& refusal, const Call& call, grpc::ServerContextBase* context);

// Ends the call of `param` with `status` and the trailers already set on its context. Takes the
// place of the method's own handler's RunHandler, for all four kinds of method.
void RefuseSync(const grpc::internal::MethodHandler::HandlerParameter& param,
                const grpc::Status& status);
void RefuseCallback(const grpc::internal::MethodHandler::HandlerParameter& param,
                    const grpc::Status& status);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_REFUSAL_HANDLER_H_
