// Reads the few private members of gRPC's server classes that have no accessor.
//
// An explicit instantiation may name private members ([temp.explicit]), so this is standard C++ and
// checked by the compiler: where a gRPC version renames a member, the build fails here instead of a
// method going unguarded.
#ifndef WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_
#define WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_

#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <vector>

namespace warden::grpc_private {

using InterceptorFactories =
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

struct ServiceMethods {
  friend constexpr auto MemberOf(ServiceMethods);
};
struct BuilderInterceptors {
  friend constexpr auto MemberOf(BuilderInterceptors);
};
struct ContextMetadata {
  friend constexpr auto MemberOf(ContextMetadata);
};

template <auto Member, typename Tag>
struct Reveal {
  friend constexpr auto MemberOf(Tag) { return Member; }
};
template struct Reveal<&grpc::Service::methods_, ServiceMethods>;
template struct Reveal<&grpc::ServerBuilder::interceptor_creators_, BuilderInterceptors>;
template struct Reveal<&grpc::ServerContextBase::client_metadata_, ContextMetadata>;

// The methods of a service, in the order of its definition; a null entry is a method marked
// generic.
inline const std::vector<std::unique_ptr<grpc::internal::RpcServiceMethod>>& MethodsOf(
    const grpc::Service& service) {
  return service.*MemberOf(ServiceMethods{});
}

// A call's metadata as it came. The public accessor builds a multimap of it first, at several
// allocations for each call.
inline const grpc_metadata_array& MetadataOf(grpc::ServerContextBase& context) {
  return *(context.*MemberOf(ContextMetadata{})).arr();
}

// The interceptor factories that a user gave to a builder.
inline InterceptorFactories& InterceptorFactoriesOf(grpc::ServerBuilder& builder) {
  return builder.*MemberOf(BuilderInterceptors{});
}

}  // namespace warden::grpc_private

#endif  // WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_
