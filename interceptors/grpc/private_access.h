// Reads the few private members of gRPC's server classes that have no accessor.
//
// An explicit instantiation may name private members ([temp.explicit]), so this is standard C++ and
// checked by the compiler: where a gRPC version renames a member, the build fails here instead of a
// method going unguarded.
#ifndef WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_
#define WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_

#include <grpcpp/impl/call_op_set.h>
#include <grpcpp/impl/codegen/interceptor_common.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
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
struct ContextCancelled {
  friend constexpr auto MemberOf(ContextCancelled);
};
struct BatchOps {
  friend constexpr auto MemberOf(BatchOps);
};
struct BatchCall {
  friend constexpr auto MemberOf(BatchCall);
};
struct StatusAvailable {
  friend constexpr auto MemberOf(StatusAvailable);
};
struct StatusCodeSent {
  friend constexpr auto MemberOf(StatusCodeSent);
};
struct StatusMessage {
  friend constexpr auto MemberOf(StatusMessage);
};
struct StatusDetails {
  friend constexpr auto MemberOf(StatusDetails);
};
struct StatusTrailers {
  friend constexpr auto MemberOf(StatusTrailers);
};

template <auto Member, typename Tag>
struct Reveal {
  friend constexpr auto MemberOf(Tag) { return Member; }
};
template struct Reveal<&grpc::Service::methods_, ServiceMethods>;
template struct Reveal<&grpc::ServerBuilder::interceptor_creators_, BuilderInterceptors>;
template struct Reveal<&grpc::ServerContextBase::client_metadata_, ContextMetadata>;
template struct Reveal<&grpc::ServerContextBase::marked_cancelled_, ContextCancelled>;
template struct Reveal<&grpc::internal::InterceptorBatchMethodsImpl::ops_, BatchOps>;
template struct Reveal<&grpc::internal::InterceptorBatchMethodsImpl::call_, BatchCall>;
template struct Reveal<&grpc::internal::CallOpServerSendStatus::send_status_available_,
                       StatusAvailable>;
template struct Reveal<&grpc::internal::CallOpServerSendStatus::send_status_code_, StatusCodeSent>;
template struct Reveal<&grpc::internal::CallOpServerSendStatus::send_error_message_, StatusMessage>;
template struct Reveal<&grpc::internal::CallOpServerSendStatus::send_error_details_, StatusDetails>;
template struct Reveal<&grpc::internal::CallOpServerSendStatus::metadata_map_, StatusTrailers>;

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

// IsCancelled() is true from here on. gRPC sets the same mark when a read fails that the call did
// not live to see; the news of a cancellation itself arrives some time after it.
inline void MarkCancelled(grpc::ServerContextBase& context) {
  (context.*MemberOf(ContextCancelled{})).store(true, std::memory_order_release);
}

// The operations that an interceptor of a server is shown, and their call. The operations are null
// for the message that comes with a call, which is shown before its handler begins.
inline grpc::internal::CallOpSetInterface* OpsOf(
    grpc::experimental::InterceptorBatchMethods& methods) {
  return static_cast<grpc::internal::InterceptorBatchMethodsImpl&>(methods).*MemberOf(BatchOps{});
}
inline grpc_call* CallOf(grpc::experimental::InterceptorBatchMethods& methods) {
  auto& batch = static_cast<grpc::internal::InterceptorBatchMethodsImpl&>(methods);
  return (batch.*MemberOf(BatchCall{}))->call();
}

// The status that a batch is about to send. The rest is unset unless `available`.
struct SentStatus {
  explicit SentStatus(grpc::internal::CallOpServerSendStatus& op)
      : available(&(op.*MemberOf(StatusAvailable{}))),
        code(&(op.*MemberOf(StatusCodeSent{}))),
        message(&(op.*MemberOf(StatusMessage{}))),
        details(&(op.*MemberOf(StatusDetails{}))),
        trailers(op.*MemberOf(StatusTrailers{})) {}
  const bool* const available;
  grpc_status_code* const code;
  std::string* const message;
  std::string* const details;
  std::multimap<std::string, std::string>* const trailers;
};

// The interceptor factories that a user gave to a builder.
inline InterceptorFactories& InterceptorFactoriesOf(grpc::ServerBuilder& builder) {
  return builder.*MemberOf(BuilderInterceptors{});
}

}  // namespace warden::grpc_private

#endif  // WARDEN_INTERCEPTORS_GRPC_PRIVATE_ACCESS_H_
