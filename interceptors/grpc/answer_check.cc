#include "interceptors/grpc/answer_check.h"

#include <grpc/grpc.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/status.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "interceptors/answer_status.h"
#include "interceptors/grpc/private_access.h"
#include "interceptors/grpc/refusal_handler.h"
#include "interceptors/guard.h"

namespace warden {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;
using grpc::experimental::InterceptionHookPoints;

}  // namespace

// The handler's message; null where an interceptor of the user's has had it serialized, or where
// the handler gave bytes.
const Message* AnswerCheck::Given() {
  const void* const sent = method_.response.raw ? nullptr : methods_.GetSendMessage();
  if (sent == nullptr) return nullptr;
  return static_cast<const Message*>(static_cast<const MessageLite*>(sent));
}

// Null where the bytes are no message of the method's.
const Message* AnswerCheck::Parse() {
  std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()
                                       ->GetPrototype(method_.descriptor->output_type())
                                       ->New());
  grpc::ByteBuffer bytes = *methods_.GetSerializedSendMessage();
  const bool ok = grpc::SerializationTraits<Message>::Deserialize(&bytes, message.get()).ok();
  parsed_ = std::move(message);
  return ok ? parsed_.get() : nullptr;
}

bool AnswerCheck::CheckGiven() {
  given_ = Given();
  if (state_ == nullptr) {
    Block();
    return false;
  }
  if (state_->ended.load(std::memory_order_acquire)) {
    Drop();  // the call is being cancelled
    return false;
  }
  if (method_.response.rules == nullptr) return true;
  try {
    const Message* const message = given_ != nullptr ? given_ : Parse();
    if (message == nullptr) throw std::runtime_error("the response cannot be read");
    return !BlockIf(state_->guard->OnResponse(state_->call, *message));
  } catch (const std::exception& error) {
    return !BlockIf(state_->guard->OnAnswerError(state_->call, error.what()));
  }
}

bool AnswerCheck::CheckSent(const Message* instead) {
  const ResponseChecks& checks = method_.response;
  if (checks.max_bytes == 0 && checks.on_leak == ResponseChecks::Action::kIgnore) return true;
  try {
    // Serialized here, it is sent as it is: that is not done twice.
    grpc::ByteBuffer& bytes = *methods_.GetSerializedSendMessage();
    grpc::Slice whole;
    if (!bytes.TrySingleSlice(&whole).ok() && !bytes.DumpToSingleSlice(&whole).ok()) {
      throw std::runtime_error("the response cannot be read");
    }
    const std::string_view view(reinterpret_cast<const char*>(whole.begin()), whole.size());
    return !BlockIf(state_->guard->OnSent(state_->call, view, [&]() -> const Message* {
      if (instead != nullptr) return instead;
      return given_ != nullptr ? given_ : Parse();
    }));
  } catch (const std::exception& error) {
    return !BlockIf(state_->guard->OnAnswerError(state_->call, error.what()));
  }
}

bool AnswerCheck::BlockIf(const std::optional<Reason>& reason) {
  if (reason.has_value()) Block();
  return reason.has_value();
}

// Where the status goes with it, a batch without a message and without bytes has no message to
// send. Elsewhere an empty one fails, since the call is cancelled; without it the batch, and the
// handler's write, would succeed, and a handler that writes until it fails would never end.
void AnswerCheck::Drop() {
  methods_.ModifySendMessage(nullptr);
  grpc::ByteBuffer& bytes = *methods_.GetSerializedSendMessage();
  if (methods_.QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
    bytes.Clear();
  } else {
    bytes = grpc::ByteBuffer(nullptr, 0);
  }
}

void AnswerCheck::Block() {
  constexpr int kCode = grpc::StatusCode::INTERNAL;
  const std::string_view id = state_ == nullptr ? std::string_view() : state_->call.request_id();
  if (state_ != nullptr) state_->answer.Replaced(kCode);
  if (methods_.QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
    methods_.ModifySendStatus(
        {grpc::StatusCode::INTERNAL, std::string(kHiddenText), SerializedHiddenStatus(kCode, id)});
    SetErrorTrailers(id, methods_.GetSendTrailingMetadata());
  } else {
    if (state_ != nullptr) state_->ended.store(true, std::memory_order_release);
    grpc_call_cancel_with_status(grpc_private::CallOf(methods_), GRPC_STATUS_INTERNAL,
                                 HiddenStreamText(id).c_str(), nullptr);
  }
  Drop();
}

}  // namespace warden
