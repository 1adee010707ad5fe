#include "interceptors/grpc/answer_hook.h"

#include <grpcpp/impl/call_op_set.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <typeinfo>

#include "interceptors/answer_status.h"
#include "interceptors/grpc/call_registry.h"
#include "interceptors/grpc/private_access.h"
#include "interceptors/grpc/refusal_handler.h"
#include "interceptors/guard.h"

namespace warden {
namespace {

using grpc::internal::CallOpSendInitialMetadata;
using grpc::internal::CallOpSendMessage;
using grpc::internal::CallOpServerSendStatus;
using grpc::internal::CallOpSet;
using grpc::internal::CallOpSetInterface;

// What gRPC's own handlers end calls with.
using UnaryEnd = CallOpSet<CallOpSendInitialMetadata, CallOpSendMessage, CallOpServerSendStatus>;
using StreamEnd = CallOpSet<CallOpSendInitialMetadata, CallOpServerSendStatus>;

// Null where the batch sends no status. dynamic_cast knows that of any batch, but takes 180 ns, so
// it is asked once for each type of those that do not: reads, writes, completions.
CallOpServerSendStatus* StatusIn(CallOpSetInterface* ops) {
  constexpr size_t kSlots = 16;
  thread_local std::array<const std::type_info*, kSlots> without{};
  const std::type_info& type = typeid(*ops);
  const std::type_info*& slot = without[reinterpret_cast<uintptr_t>(&type) / 16 % kSlots];
  if (slot == &type) return nullptr;
  if (type == typeid(UnaryEnd)) return static_cast<UnaryEnd*>(ops);
  if (type == typeid(StreamEnd)) return static_cast<StreamEnd*>(ops);
  auto* const status = dynamic_cast<CallOpServerSendStatus*>(ops);
  if (status == nullptr) slot = &type;
  return status;
}

void Hide(int code, const Call& call, CallOpServerSendStatus* status) {
  const grpc_private::SentStatus sent(*status);
  *sent.code = static_cast<grpc_status_code>(code);
  *sent.message = std::string(kHiddenText);
  *sent.details = SerializedHiddenStatus(code, call.request_id());
  SetErrorTrailers(call.request_id(), sent.trailers);
}

// Where even that fails: it takes no memory.
void Blank(CallOpServerSendStatus* status) {
  const grpc_private::SentStatus sent(*status);
  *sent.code = GRPC_STATUS_INTERNAL;
  sent.message->clear();
  sent.details->clear();
  sent.trailers->clear();
}

// gRPC's clients take any other for UNKNOWN.
int KnownCode(int code) { return code >= 0 && code <= 16 ? code : grpc::StatusCode::UNKNOWN; }

}  // namespace

grpc::internal::Call* AnswerHook::Wrap(const grpc::internal::Call& call, CallState* state) {
  inner_ = call;
  outer_ = grpc::internal::Call(call.call(), this, call.cq(), call.max_receive_message_size(),
                                call.server_rpc_info());
  state_ = state;
  return &outer_;
}

void AnswerHook::PerformOpsOnCall(grpc::internal::CallOpSetInterface* ops, grpc::internal::Call*) {
  // The batch that ends a call may do so before it comes back here, and this is gone then.
  grpc::internal::Call inner = inner_;
  if (CallOpServerSendStatus* status = StatusIn(ops)) {
    try {
      OnStatus(*status);
    } catch (...) {
      Blank(status);
    }
  }
  inner.PerformOps(ops);
}

void AnswerHook::OnStatus(CallOpServerSendStatus& status) {
  const grpc_private::SentStatus sent(status);
  if (!*sent.available) return;  // these operations can do without
  const int code = KnownCode(*sent.code);
  if ((code_.load(std::memory_order_relaxed) & kFinal) != 0) {
    // The call was ended meanwhile; nothing of this should arrive.
    Hide(this->code(), state_->call, &status);
    return;
  }
  int none = grpc::StatusCode::UNKNOWN;
  code_.compare_exchange_strong(none, code, std::memory_order_relaxed);
  const ResponseChecks& checks = state_->call.method->response;
  const bool leaks = checks.on_leak != ResponseChecks::Action::kIgnore;
  if (code == grpc::StatusCode::OK && !leaks) return;
  const Call& call = state_->call;
  const std::optional<int> instead = state_->guard->OnStatus(
      call, {.code = code, .text = *sent.message, .details = *sent.details});
  if (instead.has_value()) {
    Replaced(*instead);
    Hide(*instead, call, &status);
  }
  if (!leaks) return;
  std::erase_if(*sent.trailers, [&](const auto& trailer) {
    return state_->guard->HidesTrailer(call, trailer.first, trailer.second);
  });
}

}  // namespace warden
