// Answers calls to methods that no service of the server has.
#ifndef WARDEN_INTERCEPTORS_GRPC_UNKNOWN_METHOD_SERVICE_H_
#define WARDEN_INTERCEPTORS_GRPC_UNKNOWN_METHOD_SERVICE_H_

#include <grpcpp/generic/async_generic_service.h>

#include "interceptors/guard.h"

namespace warden {

// Registered as the server's generic service, it takes every call that would otherwise end inside
// gRPC unseen: each is refused as Reason::kMethodUnknown under one metric label, whatever path the
// client made up. It also takes the one place that a generic service has, so that none can be
// registered around the gate.
class UnknownMethodService final : public grpc::CallbackGenericService {
 public:
  // REQUIRES: SetGuard before the server starts; the guard outlives the server.
  void SetGuard(Guard* guard) { guard_ = guard; }
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  Guard* guard_ = nullptr;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_UNKNOWN_METHOD_SERVICE_H_
