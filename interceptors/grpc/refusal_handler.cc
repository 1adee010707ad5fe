#include "interceptors/grpc/refusal_handler.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/method_handler.h>
#include <grpcpp/support/server_callback.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "interceptors/stages/limit_check.h"

namespace warden {
namespace {

using grpc::ByteBuffer;

// Sync: a stream that neither reads nor writes and ends with a status.
using SyncStream = grpc::ServerReaderWriter<ByteBuffer, ByteBuffer>;
using SyncHandler =
    grpc::internal::TemplatedBidiStreamingHandler<SyncStream, /*WriteNeeded=*/false>;

// Callback: a unary call that ends with a status. On the wire both are what any kind of method may
// answer; this is the cheaper one, since only unary calls can end without a hop to another thread.
using CallbackHandler = grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>;

// Stands where a unary call's messages would be; nothing looks at them.
class NoMessages final : public grpc::MessageHolder<ByteBuffer, ByteBuffer> {
 public:
  NoMessages() {
    set_request(nullptr);
    set_response(nullptr);
  }
  void Release() override {}
};

// The refusal's details, and the request id, for clients that hand on the details alone.
std::string DetailsOf(const Refusal& refusal, const Call& call) {
  std::string bytes = SerializedPublicStatus(refusal);
  google::rpc::RequestInfo info;
  info.set_request_id(std::string(call.request_id()));
  google::rpc::Status more;
  more.add_details()->PackFrom(info);
  more.AppendToString(&bytes);  // serialized messages that follow each other are merged
  return bytes;
}

}  // namespace

void AddRequestId(const Call& call, grpc::ServerContextBase* context) {
  context->AddTrailingMetadata(kRequestIdTrailer, std::string(call.request_id()));
  if (call.trace.has_value()) {
    context->AddTrailingMetadata(kTraceIdTrailer, std::string(call.trace_id()));
  }
}

void AddLimitTrailers(const Call& call, const Refusal* refusal, grpc::ServerContextBase* context) {
  if (!call.shown_limit.has_value()) return;
  for (const auto& [name, value] : LimitTrailersOf(call, refusal)) {
    context->AddTrailingMetadata(name, value);
  }
}

grpc::Status Answer(const Refusal& refusal, const Call& call, grpc::ServerContextBase* context) {
  const ReasonInfo& info = InfoOf(refusal.reason);
  AddRequestId(call, context);
  AddLimitTrailers(call, &refusal, context);
  // The status message, by its name in gRPC over HTTP/2. A text in the status itself arrives as the
  // same trailer, but gRPC first builds an error of it, to be thrown away: a fifteenth of the work
  // that a refused call is.
  context->AddTrailingMetadata("grpc-message", std::string(info.text));
  if (refusal.step_up != nullptr) {
    context->AddTrailingMetadata("www-authenticate", refusal.step_up->challenge);
  }
  return {static_cast<grpc::StatusCode>(info.code), "", DetailsOf(refusal, call)};
}

void RefuseSync(const grpc::internal::MethodHandler::HandlerParameter& param,
                const grpc::Status& status) {
  SyncHandler handler([&status](grpc::ServerContext*, SyncStream*) { return status; });
  handler.RunHandler(param);
}

void RefuseCallback(const grpc::internal::MethodHandler::HandlerParameter& param,
                    const grpc::Status& status) {
  static NoMessages* const no_messages = new NoMessages;
  CallbackHandler handler(
      [&status](grpc::CallbackServerContext* context, const ByteBuffer*, ByteBuffer*) {
        grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
        reactor->Finish(status);
        return reactor;
      });
  // A handler makes no reactor for a request whose status is not OK, as a refused one's is.
  handler.RunHandler(grpc::internal::MethodHandler::HandlerParameter(
      param.call, param.server_context, nullptr, grpc::Status::OK, no_messages,
      param.call_requester));
}

}  // namespace warden
