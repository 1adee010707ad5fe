#include "interceptors/grpc/refusal_handler.h"

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/method_handler.h>
#include <grpcpp/support/server_callback.h>

#include <string>

namespace warden {
namespace {

using grpc::ByteBuffer;

// A stream that neither reads nor writes and ends with a status: on the wire, what any kind of
// method may answer.
using SyncStream = grpc::ServerReaderWriter<ByteBuffer, ByteBuffer>;
using SyncHandler =
    grpc::internal::TemplatedBidiStreamingHandler<SyncStream, /*WriteNeeded=*/false>;
using CallbackHandler = grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>;

class EndedReactor final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer> {
 public:
  explicit EndedReactor(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::Status ToGrpcStatus(const Refusal& refusal, std::string_view request_id) {
  const ReasonInfo& info = InfoOf(refusal.reason);
  return {static_cast<grpc::StatusCode>(info.code), std::string(info.text),
          SerializedPublicStatus(refusal, request_id)};
}

void RefuseSync(const grpc::internal::MethodHandler::HandlerParameter& param,
                const grpc::Status& status) {
  SyncHandler handler([&status](grpc::ServerContext*, SyncStream*) { return status; });
  handler.RunHandler(param);
}

void RefuseCallback(const grpc::internal::MethodHandler::HandlerParameter& param,
                    const grpc::Status& status) {
  CallbackHandler handler(
      [&status](grpc::CallbackServerContext*) { return new EndedReactor(status); });
  // A handler makes no reactor for a request whose status is not OK, as a refused one's is.
  handler.RunHandler(grpc::internal::MethodHandler::HandlerParameter(
      param.call, param.server_context, nullptr, grpc::Status::OK, nullptr, param.call_requester));
}

}  // namespace warden
