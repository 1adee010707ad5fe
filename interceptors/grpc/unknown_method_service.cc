#include "interceptors/grpc/unknown_method_service.h"

#include "interceptors/grpc/refusal_handler.h"
#include "interceptors/grpc/transport_facts.h"

namespace warden {
namespace {

class EndedReactor final : public grpc::ServerGenericBidiReactor {
 public:
  explicit EndedReactor(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethodService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  Call call;
  guard_->Begin(nullptr, &call);
  const PeerAddress address(context->c_call());
  call.address_source = &address;
  call.unknown_method = context->method();
  const Refusal refusal = guard_->OnUnknownMethod(call);
  const grpc::Status status = Answer(refusal, call, context);
  guard_->Handled(call, status.error_code());
  return new EndedReactor(status);
}

}  // namespace warden
