// The gate: registers a user's service again, each method behind a handler of ours that decides
// before the user's runs.
//
// gRPC's own server interceptors cannot keep a handler from running; a method handler can. See
// docs/how-it-works.md.
#ifndef WARDEN_INTERCEPTORS_GRPC_GATE_H_
#define WARDEN_INTERCEPTORS_GRPC_GATE_H_

#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>

#include <vector>

#include "interceptors/guard.h"

namespace warden {

class StreamWatch;

// How a method of a user's service can be served.
enum class ApiKind { kSync, kCallback, kRawCallback, kUngateable };

// kUngateable: completion-queue (async, raw) and generic methods, whose handler gRPC does not call
// itself.
ApiKind ApiKindOf(const grpc::internal::RpcServiceMethod* method);

// A stand-in for `service` that grpc::ServerBuilder can register. REQUIRES: `service`, `guard`
// and `watch` outlive the server; every method of `service` is gateable and known to `guard`.
class GatedService final : public grpc::Service {
 public:
  // `watch` may be null: then streams outlive their credentials.
  GatedService(grpc::Service* service, Guard* guard, StreamWatch* watch);
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_GATE_H_
