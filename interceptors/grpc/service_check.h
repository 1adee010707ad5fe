// Finds the services of a server that would be served without passing the gate.
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVICE_CHECK_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVICE_CHECK_H_

#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "authz/config/problem.h"
#include "interceptors/guard_builder.h"

namespace warden {

using MethodNames = absl::flat_hash_set<std::string>;

// The methods of `service` as the guard wants them. A method that cannot be gated is a problem.
void ListMethods(const grpc::Service& service, std::vector<ServedMethod>* methods,
                 ProblemList* problems);

// A problem for each method of `service` that `unguarded` does not name; the service was given to
// gRPC's builder itself.
void CheckDirectService(const grpc::Service& service, const MethodNames& unguarded,
                        ProblemList* problems);

// The same for a service of which only the name is known, such as
// "grpc.reflection.v1alpha.ServerReflection".
void CheckNamedService(std::string_view service, const MethodNames& unguarded,
                       ProblemList* problems);

// Thrown out of gRPC's BuildAndStart, before the server listens.
class StartRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// As the last option of a builder: sees what all plugins (reflection, channelz, a user's own)
// registered, just before the server starts, and throws StartRefused where one of their methods is
// neither in `gated` nor in `unguarded`.
std::unique_ptr<grpc::ServerBuilderOption> MakePluginCheck(MethodNames gated_services,
                                                           MethodNames unguarded);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVICE_CHECK_H_
