// A callback call that waits for its decision without holding a thread.
#ifndef WARDEN_INTERCEPTORS_GRPC_SUSPENDED_CALL_H_
#define WARDEN_INTERCEPTORS_GRPC_SUSPENDED_CALL_H_

#include <grpc/byte_buffer.h>
#include <grpcpp/alarm.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <optional>
#include <utility>

namespace warden {

// What gRPC handed over and nobody has used yet. One thread at a time: first gRPC's, then the
// alarm's.
struct SuspendedCall {
  SuspendedCall() = default;
  ~SuspendedCall() {
    if (body != nullptr) grpc_byte_buffer_destroy(body);
  }
  SuspendedCall(const SuspendedCall&) = delete;
  SuspendedCall& operator=(const SuspendedCall&) = delete;

  grpc_byte_buffer* TakeBody() { return std::exchange(body, nullptr); }

  grpc_byte_buffer* body = nullptr;  // unparsed; null where the method streams requests
  bool body_passed = false;          // the bytes of `body` were judged, but for what is waited for
  std::optional<grpc::internal::MethodHandler::HandlerParameter> param;
  // Brings the call back to one of gRPC's own threads: who answers the question must not run
  // handlers.
  grpc::Alarm alarm;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SUSPENDED_CALL_H_
