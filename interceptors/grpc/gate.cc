#include "interceptors/grpc/gate.h"

#include <grpc/byte_buffer.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/message_allocator.h>

#include <exception>
#include <memory>
#include <utility>

#include "google/protobuf/message.h"
#include "interceptors/grpc/body_digest.h"
#include "interceptors/grpc/body_slices.h"
#include "interceptors/grpc/call_registry.h"
#include "interceptors/grpc/current_context.h"
#include "interceptors/grpc/private_access.h"
#include "interceptors/grpc/refusal_handler.h"
#include "interceptors/grpc/stream_watch.h"
#include "interceptors/grpc/suspended_call.h"
#include "interceptors/grpc/transport_facts.h"
#include "interceptors/pending.h"

namespace warden {
namespace {

using grpc::internal::MethodHandler;
using grpc::internal::RpcServiceMethod;

// Releases a callback unary method's message holder, which owns request and response and may be a
// user's own. It is a MessageHolder of the method's message types, which are unknown here; Release
// stands at the same place in the virtual table of every MessageHolder, since none of the types
// changes its shape.
#if defined(__clang__) || defined(__GNUC__)
__attribute__((no_sanitize("undefined")))
#endif
void ReleaseHolder(void* holder) {
  using AnyHolder = grpc::MessageHolder<google::protobuf::Message, google::protobuf::Message>;
  static_cast<AnyHolder*>(holder)->Release();
}

// Decides a call of one method, and passes it on to the user's handler or answers it.
class GateHandler final : public MethodHandler {
 public:
  GateHandler(Guard* guard, StreamWatch* watch, const GuardedMethod* method, MethodHandler* inner,
              ApiKind api)
      : guard_(guard), watch_(watch), method_(method), inner_(inner), api_(api) {}

  // Unary and server-streaming methods: gRPC calls this before RunHandler, with the unparsed
  // request.
  void* Deserialize(grpc_call* call, grpc_byte_buffer* body, grpc::Status* status,
                    void** handler_data) override;
  void RunHandler(const HandlerParameter& param) override;

 private:
  std::shared_ptr<CallState> Begin(grpc_call* call, grpc::ServerContextBase* context);
  void BeforeBody(grpc_call* call, grpc::ServerContextBase* context, CallState& state);
  void Suspend(const HandlerParameter& param, const std::shared_ptr<CallState>& state);
  void Await(const std::shared_ptr<CallState>& state);
  void Resume(const std::shared_ptr<CallState>& state);
  void Conclude(const HandlerParameter& param, const std::shared_ptr<CallState>& state);
  void Watch(const HandlerParameter& param, const std::shared_ptr<CallState>& state);
  bool PassesRaw(CallState& state, grpc_byte_buffer* body);
  void Hold(CallState& state, grpc_byte_buffer* body, bool body_passed);
  void ResumeBeforeBody(const HandlerParameter& param, SuspendedCall& suspended, CallState& state);
  void CheckBody(CallState& state, void** request, bool parsed, void** handler_data);
  void DropRequest(void** request, void** handler_data) const;
  void Admit(const HandlerParameter& param, CallState& state);
  void Pass(const HandlerParameter& param, const std::shared_ptr<CallState>& state);
  void Refuse(const HandlerParameter& param, const CallState& state);

  Guard* const guard_;
  StreamWatch* const watch_;
  const GuardedMethod* const method_;
  MethodHandler* const inner_;
  const ApiKind api_;
};

// Everything that connection and metadata decide.
std::shared_ptr<CallState> GateHandler::Begin(grpc_call* call, grpc::ServerContextBase* context) {
  auto state = std::make_shared<CallState>();
  state->guard = guard_;
  state->context = context;
  guard_->Begin(method_, &state->call);
  state->call.address_source = &state->address.emplace(call);
  state->call.may_wait = api_ != ApiKind::kSync;
  BeforeBody(call, context, *state);
  // A sync handler has a thread of its own, not one that polls, and may wait on it.
  while (api_ == ApiKind::kSync && state->call.waiting()) {
    state->call.pending->Wait();
    BeforeBody(call, context, *state);
  }
  CallRegistry::Instance().Insert(context, state);
  return state;
}

void GateHandler::BeforeBody(grpc_call* call, grpc::ServerContextBase* context, CallState& state) {
  const TransportFacts facts(call, *context, &state.call);
  state.refusal = guard_->BeforeBody(state.call);
}

void* GateHandler::Deserialize(grpc_call* call, grpc_byte_buffer* body, grpc::Status* status,
                               void** handler_data) {
  grpc::ServerContextBase* const context = TakeCurrentContext();
  std::shared_ptr<CallState> state;
  if (context != nullptr) state = Begin(call, context);
  if (state != nullptr) JudgeBody(*state, body);
  if (state == nullptr || state->refusal.has_value()) {
    if (body != nullptr) grpc_byte_buffer_destroy(body);
    // gRPC's way to say that there is no request to handle; RunHandler answers with the refusal
    // itself.
    *status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "");
    return nullptr;
  }
  if (method_->charges_body && body != nullptr) {
    state->call.request_bytes = grpc_byte_buffer_length(body);
  }
  const bool metadata_passed = !state->call.waiting();
  if (metadata_passed && !PassesRaw(*state, body)) {
    if (body != nullptr) grpc_byte_buffer_destroy(body);
    *status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "");
    return nullptr;
  }
  if (state->call.waiting()) {
    Hold(*state, body, metadata_passed);
    return nullptr;
  }
  grpc::Status parsed;
  void* request = inner_->Deserialize(call, body, &parsed, handler_data);
  CheckBody(*state, &request, parsed.ok(), handler_data);
  if (state->refusal.has_value()) *status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "");
  return request;
}

// What is decided on the message's bytes, before anything reads them.
bool GateHandler::PassesRaw(CallState& state, grpc_byte_buffer* body) {
  if (!method_->access.signed_requests) return true;
  const std::optional<BodyDigest> digest = DigestOf(body);
  state.refusal = digest.has_value()
                      ? guard_->OnRawRequest(state.call, *digest)
                      : guard_->OnInternalError(state.call, "the body could not be digested");
  while (api_ == ApiKind::kSync && state.call.waiting()) {
    state.call.pending->Wait();
    state.refusal = guard_->OnNonce(state.call);
  }
  return !state.refusal.has_value();
}

// Until the call is resumed.
void GateHandler::Hold(CallState& state, grpc_byte_buffer* body, bool body_passed) {
  state.suspended = std::make_shared<SuspendedCall>();
  state.suspended->body = body;
  state.suspended->body_passed = body_passed;
}

void GateHandler::CheckBody(CallState& state, void** request, bool parsed, void** handler_data) {
  if (!parsed) {
    state.refusal = guard_->OnUnreadableRequest(state.call);
  } else if (api_ != ApiKind::kRawCallback) {
    // The handlers of generated services hand out their request as a MessageLite.
    auto* lite = static_cast<google::protobuf::MessageLite*>(*request);
    auto& message = static_cast<google::protobuf::Message&>(*lite);
    state.refusal = guard_->OnRequest(state.call, message);
    while (api_ == ApiKind::kSync && state.call.waiting()) {
      state.call.pending->Wait();
      state.refusal = guard_->OnRequest(state.call, message);
    }
  }
  if (state.refusal.has_value()) DropRequest(request, handler_data);
}

// The request lives on the call's arena; nobody else will end its life once the user's handler does
// not run.
void GateHandler::DropRequest(void** request, void** handler_data) const {
  if (handler_data != nullptr && *handler_data != nullptr) {
    ReleaseHolder(*handler_data);
    *handler_data = nullptr;
  } else if (*request != nullptr && api_ == ApiKind::kRawCallback) {
    static_cast<grpc::ByteBuffer*>(*request)->~ByteBuffer();
  } else if (*request != nullptr) {
    static_cast<google::protobuf::MessageLite*>(*request)->~MessageLite();
  }
  *request = nullptr;
}

// The last word; where it is no, the request was parsed already, and nobody else will drop it.
void GateHandler::Admit(const HandlerParameter& param, CallState& state) {
  state.refusal = guard_->Admit(state.call);
  if (!state.refusal.has_value()) return;
  void* request = param.request;
  void* handler_data = param.internal_data;
  DropRequest(&request, &handler_data);
}

void GateHandler::RunHandler(const HandlerParameter& param) {
  const bool streams_requests = method_->streams_requests;
  std::shared_ptr<CallState> state = streams_requests
                                         ? Begin(param.call->call(), param.server_context)
                                         : CallRegistry::Instance().Find(param.server_context);
  if (state == nullptr) {
    // No interceptor factory ran before Deserialize: the service was registered around Warden's
    // builder.
    state = std::make_shared<CallState>();
    guard_->Begin(method_, &state->call);
    state->refusal = guard_->OnInternalError(state->call, "the gate got no call context");
  }
  if (state->call.waiting()) {
    Suspend(param, state);
  } else {
    Conclude(param, state);
  }
}

void GateHandler::Conclude(const HandlerParameter& param, const std::shared_ptr<CallState>& state) {
  if (!state->refusal.has_value()) Admit(param, *state);
  if (state->refusal.has_value()) {
    Refuse(param, *state);
  } else {
    guard_->Allowed(state->call);
    if (guard_->id_on_success()) AddRequestId(state->call, param.server_context);
    AddLimitTrailers(state->call, nullptr, param.server_context);
    Pass(param, state);
  }
}

// gRPC keeps a call until its handler has ended it, so its handler may as well begin later.
void GateHandler::Suspend(const HandlerParameter& param, const std::shared_ptr<CallState>& state) {
  if (state->suspended == nullptr) state->suspended = std::make_shared<SuspendedCall>();
  state->suspended->param.emplace(param);
  Await(state);
}

void GateHandler::Await(const std::shared_ptr<CallState>& state) {
  const std::shared_ptr<Pending> pending = state->call.pending;
  pending->Then([this, state] {
    const std::shared_ptr<SuspendedCall> suspended = state->suspended;  // Resume may come before
    suspended->alarm.Set(gpr_now(GPR_CLOCK_MONOTONIC), [this, state](bool) { Resume(state); });
  });
}

void GateHandler::Resume(const std::shared_ptr<CallState>& state) {
  // The alarm holds the state, so the state must not go on holding the alarm.
  const std::shared_ptr<SuspendedCall> suspended = std::move(state->suspended);
  const HandlerParameter& param = *suspended->param;
  void* request = param.request;
  void* handler_data = param.internal_data;
  grpc::Status parsed = param.status;
  if (request != nullptr) {  // it waited for what its body asks for
    CheckBody(*state, &request, true, &handler_data);
  } else {
    ResumeBeforeBody(param, *suspended, *state);
    if (state->call.waiting()) {  // for something else; the alarm that rang cannot be set again
      Suspend(param, state);
      return;
    }
    if (state->refusal.has_value() || suspended->body == nullptr) {
      Conclude(param, state);
      return;
    }
    request =
        inner_->Deserialize(param.call->call(), suspended->TakeBody(), &parsed, &handler_data);
    CheckBody(*state, &request, parsed.ok(), &handler_data);
  }
  const HandlerParameter next(param.call, param.server_context, request, parsed, handler_data,
                              param.call_requester);
  if (state->call.waiting()) {
    Suspend(next, state);
  } else {
    Conclude(next, state);
  }
}

// What is left to judge of metadata and raw body. Where the call waits again, it holds the body.
void GateHandler::ResumeBeforeBody(const HandlerParameter& param, SuspendedCall& suspended,
                                   CallState& state) {
  bool body_passed = suspended.body_passed;
  if (body_passed) {
    state.refusal = guard_->OnNonce(state.call);
  } else {
    BeforeBody(param.call->call(), param.server_context, state);
    JudgeBody(state, suspended.body);
    if (!state.refusal.has_value() && !state.call.waiting() && suspended.body != nullptr) {
      body_passed = PassesRaw(state, suspended.body);
    }
  }
  if (state.call.waiting()) Hold(state, suspended.TakeBody(), body_passed);
}

// Before the handler begins, so that even one that ends at once is taken off after it was put on.
void GateHandler::Watch(const HandlerParameter& param, const std::shared_ptr<CallState>& state) {
  if (watch_ == nullptr || !method_->streams) return;
  state->watch = watch_;
  watch_->Add(state, param.call->call());
}

void GateHandler::Pass(const HandlerParameter& param, const std::shared_ptr<CallState>& state) {
  grpc::ServerContextBase* const context = param.server_context;
  Watch(param, state);
  if (api_ == ApiKind::kSync) {
    inner_->RunHandler(HandlerParameter(state->answer.Wrap(*param.call, state.get()), context,
                                        param.request, param.status, param.internal_data, nullptr));
    if (state->watch != nullptr) state->watch->Remove(state.get());
    guard_->Finished(state->call);
    guard_->Handled(state->call, state->answer.code());
    CallRegistry::Instance().Erase(context, state.get());
    return;
  }
  // gRPC asks for the next call when this one has ended, after the reactor's OnDone.
  state->next = param.call_requester;
  state->self = state;
  auto ended = [ended_call = state.get()] {
    const std::shared_ptr<CallState> ending = std::move(ended_call->self);
    if (ending->watch != nullptr) ending->watch->Remove(ending.get());
    ending->guard->Finished(ending->call);
    ending->guard->Handled(ending->call, ending->answer.code());
    CallRegistry::Instance().Erase(ending->context, ending.get());
    ending->next();
  };
  static_assert(sizeof(ended) == sizeof(void*), "or std::function allocates");
  inner_->RunHandler(HandlerParameter(state->answer.Wrap(*param.call, state.get()), context,
                                      param.request, param.status, param.internal_data, ended));
}

void GateHandler::Refuse(const HandlerParameter& param, const CallState& state) {
  const grpc::Status status = Answer(*state.refusal, state.call, param.server_context);
  guard_->Handled(state.call, status.error_code());
  // The state has served; the handler that would ask for it does not run.
  CallRegistry::Instance().Erase(param.server_context, &state);
  if (api_ == ApiKind::kSync) {
    RefuseSync(param, status);
  } else {
    RefuseCallback(param, status);
  }
}

}  // namespace

ApiKind ApiKindOf(const RpcServiceMethod* method) {
  if (method == nullptr || method->handler() == nullptr) return ApiKind::kUngateable;
  switch (method->api_type()) {
    case RpcServiceMethod::ApiType::SYNC:
      return ApiKind::kSync;
    case RpcServiceMethod::ApiType::CALL_BACK:
      return ApiKind::kCallback;
    case RpcServiceMethod::ApiType::RAW_CALL_BACK:
      return ApiKind::kRawCallback;
    case RpcServiceMethod::ApiType::ASYNC:
    case RpcServiceMethod::ApiType::RAW:
      break;
  }
  return ApiKind::kUngateable;
}

GatedService::GatedService(grpc::Service* service, Guard* guard, StreamWatch* watch) {
  int index = 0;
  for (const auto& method : grpc_private::MethodsOf(*service)) {
    const ApiKind api = ApiKindOf(method.get());
    auto gate = std::make_unique<GateHandler>(guard, watch, guard->Find(method->name()),
                                              method->handler(), api);
    if (api == ApiKind::kSync) {
      AddMethod(new RpcServiceMethod(method->name(), method->method_type(), gate.release()));
    } else {
      AddMethod(new RpcServiceMethod(method->name(), method->method_type(), nullptr));
      MarkMethodCallback(index, gate.release());
    }
    ++index;
  }
}

}  // namespace warden
