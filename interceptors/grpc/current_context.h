// Hands the context of a call from gRPC's interceptor factory to the gate.
#ifndef WARDEN_INTERCEPTORS_GRPC_CURRENT_CONTEXT_H_
#define WARDEN_INTERCEPTORS_GRPC_CURRENT_CONTEXT_H_

#include <grpcpp/server_context.h>

namespace warden {

// MethodHandler::Deserialize gets no context. gRPC makes a call's interceptors on the same thread
// just before it, so the factory leaves the context here. Per thread.
void SetCurrentContext(grpc::ServerContextBase* context);
// The context set last on this thread, once; null where none was.
grpc::ServerContextBase* TakeCurrentContext();

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_CURRENT_CONTEXT_H_
