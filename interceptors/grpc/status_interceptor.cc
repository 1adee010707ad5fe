#include "interceptors/grpc/status_interceptor.h"

#include <memory>

#include "interceptors/grpc/call_registry.h"

namespace warden {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

class StatusInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit StatusInterceptor(grpc::ServerContextBase* context) : context_(context) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      // A refused call is no longer known. Of one that Warden ends the status is not the handler's.
      const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context_);
      if (state != nullptr && !state->refusal.has_value() && !state->ended.load()) {
        state->guard->OnHandlerStatus(state->call,
                                      static_cast<int>(methods->GetSendStatus().error_code()));
      }
    }
    methods->Proceed();
  }

 private:
  grpc::ServerContextBase* const context_;
};

}  // namespace

grpc::experimental::Interceptor* StatusInterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  const GuardedMethod* const method = guard_->Find(info->method());
  if (method == nullptr || !guard_->SeesStatus(*method)) return nullptr;
  return new StatusInterceptor(info->server_context());
}

}  // namespace warden
