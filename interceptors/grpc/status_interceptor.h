// Shows the guard with which status handlers end, where a method's `failures` asks for it.
#ifndef WARDEN_INTERCEPTORS_GRPC_STATUS_INTERCEPTOR_H_
#define WARDEN_INTERCEPTORS_GRPC_STATUS_INTERCEPTOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "interceptors/guard.h"

namespace warden {

// Makes an interceptor for calls of those methods only.
class StatusInterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `guard` must outlive the server.
  explicit StatusInterceptorFactory(Guard* guard) : guard_(guard) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  Guard* const guard_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_STATUS_INTERCEPTOR_H_
