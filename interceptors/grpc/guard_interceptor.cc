#include "interceptors/grpc/guard_interceptor.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_context.h>

#include <string_view>
#include <utility>

#include "interceptors/grpc/current_context.h"

namespace warden {
namespace {

// Cancels its call as soon as it is seen: the most that an interceptor can do.
class CancellingInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit CancellingInterceptor(grpc::ServerContextBase* context) : context_(context) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::POST_RECV_INITIAL_METADATA)) {
      context_->TryCancel();
    }
    methods->Proceed();
  }

 private:
  grpc::ServerContextBase* const context_;
};

}  // namespace

GuardInterceptorFactory::GuardInterceptorFactory(Guard* guard,
                                                 absl::flat_hash_set<std::string> unguarded)
    : guard_(guard), unguarded_(std::move(unguarded)) {}

grpc::experimental::Interceptor* GuardInterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  grpc::ServerContextBase* const context = info->server_context();
  SetCurrentContext(context);
  const std::string_view method = info->method();
  if (guard_->Find(method) != nullptr) return nullptr;
  // Of no service: UnknownMethodService, the only generic one there can be, answers. The method's
  // name is whatever path the client made up.
  if (dynamic_cast<grpc::GenericCallbackServerContext*>(context) != nullptr) return nullptr;
  if (unguarded_.contains(absl::string_view(method.data(), method.size()))) return nullptr;
  guard_->CountUnguarded();
  return new CancellingInterceptor(context);
}

}  // namespace warden
