// The interceptor factory of a guarded server.
#ifndef WARDEN_INTERCEPTORS_GRPC_GUARD_INTERCEPTOR_H_
#define WARDEN_INTERCEPTORS_GRPC_GUARD_INTERCEPTOR_H_

#include <grpcpp/support/server_interceptor.h>

#include <string>

#include "absl/container/flat_hash_set.h"
#include "interceptors/guard.h"

namespace warden {

// Leaves the context of each call for the gate, and makes no interceptor object for methods that
// pass the gate or may go without. Any other method (start-up refuses to serve one, so this is the
// second lock) is cancelled and counted.
class GuardInterceptorFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // REQUIRES: `guard` outlives the server.
  GuardInterceptorFactory(Guard* guard, absl::flat_hash_set<std::string> unguarded);
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  Guard* const guard_;
  const absl::flat_hash_set<std::string> unguarded_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_GUARD_INTERCEPTOR_H_
