#include "interceptors/grpc/message_interceptor.h"

#include <grpc/grpc.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "google/protobuf/message.h"
#include "interceptors/grpc/answer_check.h"
#include "interceptors/grpc/call_registry.h"
#include "interceptors/grpc/private_access.h"

namespace warden {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc_private::CallOf;

// Messages of generated services, the only ones of methods that are looked at, pass through gRPC as
// pointers without their type.
Message& MessageAt(void* message) {
  return static_cast<Message&>(*static_cast<MessageLite*>(message));
}

// Of one call. Reads and writes of a stream come at the same time: what it knows does not change.
class MessageInterceptor final : public grpc::experimental::Interceptor {
 public:
  MessageInterceptor(const GuardedMethod* method, grpc::ServerContextBase* context)
      : method_(method), context_(context) {}

  void Intercept(InterceptorBatchMethods* methods) override;

 private:
  bool MayBeRead(InterceptorBatchMethods& methods, Message& message);
  std::unique_ptr<Message> LookAtAnswer(InterceptorBatchMethods& methods);
  std::unique_ptr<Message> Redact(InterceptorBatchMethods& methods);
  void RedactBytes(grpc::ByteBuffer& bytes, const Principal& caller);
  void End(grpc_call* call, CallState& state, const Refusal& refusal);
  void FailRead(InterceptorBatchMethods& methods);

  const GuardedMethod* const method_;
  grpc::ServerContextBase* const context_;
};

void MessageInterceptor::Intercept(InterceptorBatchMethods* methods) {
  if (method_->checks_stream() &&
      methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE)) {
    void* const received = methods->GetRecvMessage();
    if (received != nullptr && !MayBeRead(*methods, MessageAt(received))) {
      FailRead(*methods);
      return;  // `methods` is gone, and with it perhaps this
    }
  }
  std::unique_ptr<Message> redacted;
  if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
    redacted = LookAtAnswer(*methods);
  }
  // Being the last, it comes back when the message has been serialized.
  methods->Proceed();
}

// Rules are about what the handler gave; size and leaks are about what the caller is sent.
std::unique_ptr<Message> MessageInterceptor::LookAtAnswer(InterceptorBatchMethods& methods) {
  if (!method_->response.look_at_messages()) {
    return method_->readable == nullptr ? nullptr : Redact(methods);
  }
  AnswerCheck check(methods, *method_, CallRegistry::Instance().Find(context_));
  if (!check.CheckGiven()) return nullptr;
  std::unique_ptr<Message> redacted;
  if (method_->readable != nullptr) redacted = Redact(methods);
  check.CheckSent(redacted.get());
  return redacted;
}

// Where not, the call is cancelled and the message is empty.
bool MessageInterceptor::MayBeRead(InterceptorBatchMethods& methods, Message& message) {
  const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context_);
  if (state != nullptr && !state->ended.load(std::memory_order_acquire)) {
    const std::optional<Refusal> refusal = state->guard->OnStreamed(state->call, message);
    if (!refusal.has_value()) return true;
    End(CallOf(methods), *state, *refusal);
  } else {
    // Refused already, or not known to the gate.
    grpc_call_cancel_with_status(CallOf(methods), GRPC_STATUS_CANCELLED, "ended", nullptr);
  }
  grpc_private::MarkCancelled(*context_);
  message.Clear();
  return false;
}

// The first to end a stream says why to the operator. The call is cancelled either way: whoever was
// first may not have come to that yet, and the handler must not end the call as a good one.
void MessageInterceptor::End(grpc_call* call, CallState& state, const Refusal& refusal) {
  if (!state.ended.exchange(true)) state.guard->StreamEnded(state.call, refusal);
  state.answer.Replaced(static_cast<int>(InfoOf(refusal.reason).code));
  grpc_call_cancel_with_status(call, static_cast<grpc_status_code>(InfoOf(refusal.reason).code),
                               StreamText(refusal).c_str(), nullptr);
}

// An empty batch with the read's tag: its completion has gRPC look for the read's result again, and
// there is no message any more. Then the interceptors are shown the failed read, as always.
void MessageInterceptor::FailRead(InterceptorBatchMethods& methods) {
  void* const tag = grpc_private::OpsOf(methods)->core_cq_tag();
  // As gRPC does where its own such batch fails, which it cannot.
  if (grpc_call_start_batch(CallOf(methods), nullptr, 0, tag, nullptr) != GRPC_CALL_OK) {
    std::abort();
  }
}

// Sees to it that the caller is sent what they may see. What is returned is sent in place of the
// handler's message, which stays as it is, and must live until it is serialized. Where there is an
// error the call is cancelled, and an empty message takes the place.
std::unique_ptr<Message> MessageInterceptor::Redact(InterceptorBatchMethods& methods) {
  const std::shared_ptr<CallState> state = CallRegistry::Instance().Find(context_);
  // Null where an interceptor of the user's has had it serialized.
  const void* const sent = methods.GetSendMessage();
  const Message* const message = sent == nullptr ? nullptr : &MessageAt(const_cast<void*>(sent));
  std::unique_ptr<Message> instead;
  try {
    if (state == nullptr) throw std::logic_error("the call is not known to the gate");
    const Principal& caller = *state->call.principal;
    if (message == nullptr) {
      RedactBytes(*methods.GetSerializedSendMessage(), caller);
    } else if (method_->readable->Hides(*message, caller)) {
      instead.reset(message->New());
      instead->CopyFrom(*message);
      method_->readable->Clear(instead.get(), caller);
    }
  } catch (const std::exception& error) {
    if (state != nullptr) {
      End(CallOf(methods), *state, {.reason = Reason::kInternal, .detail = error.what()});
    } else {
      grpc_call_cancel_with_status(CallOf(methods), GRPC_STATUS_INTERNAL, "internal error",
                                   nullptr);
    }
    if (message == nullptr) {
      *methods.GetSerializedSendMessage() = grpc::ByteBuffer(nullptr, 0);
    } else {
      instead.reset(message->New());
    }
  }
  // The address of the whole object is that of its own type, which gRPC takes it for.
  if (instead != nullptr) methods.ModifySendMessage(dynamic_cast<const void*>(instead.get()));
  return instead;
}

void MessageInterceptor::RedactBytes(grpc::ByteBuffer& bytes, const Principal& caller) {
  using Traits = grpc::SerializationTraits<Message>;
  const std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()
                                             ->GetPrototype(method_->descriptor->output_type())
                                             ->New());
  grpc::ByteBuffer read = bytes;
  if (!Traits::Deserialize(&read, message.get()).ok()) {
    throw std::runtime_error("the response cannot be read");
  }
  if (!method_->readable->Hides(*message, caller)) return;
  method_->readable->Clear(message.get(), caller);
  bool owned = false;
  grpc::ByteBuffer redacted;
  if (!Traits::Serialize(*message, &redacted, &owned).ok()) {
    throw std::runtime_error("the response cannot be written");
  }
  bytes.Swap(&redacted);
}

}  // namespace

grpc::experimental::Interceptor* MessageInterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  const GuardedMethod* const method = guard_->Find(info->method());
  if (method == nullptr || !method->looks_at_messages()) return nullptr;
  return new MessageInterceptor(method, info->server_context());
}

}  // namespace warden
