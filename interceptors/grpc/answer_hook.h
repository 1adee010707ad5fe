// Sees what a handler answers before gRPC sends it.
//
// gRPC's server passes each batch of operations of a call to the call's hook, which is the server
// itself. The gate gives handlers a call with this hook instead, on all four kinds of method and
// both APIs. It costs a virtual call and a look at a type for each batch, where an interceptor
// object would cost a trip through the completion queue. See docs/how-it-works.md.
#ifndef WARDEN_INTERCEPTORS_GRPC_ANSWER_HOOK_H_
#define WARDEN_INTERCEPTORS_GRPC_ANSWER_HOOK_H_

#include <grpcpp/impl/call.h>
#include <grpcpp/impl/call_hook.h>
#include <grpcpp/support/status.h>

#include <atomic>

namespace grpc::internal {
class CallOpServerSendStatus;
}  // namespace grpc::internal

namespace warden {

struct CallState;

// Part of a CallState. Batches of one call come from any thread, one that ends it only once.
class AnswerHook final : public grpc::internal::CallHook {
 public:
  // What the handler gets in the place of `call`; valid as long as this is. Once, before the
  // handler begins. REQUIRES: `state` is the one that this is a part of.
  grpc::internal::Call* Wrap(const grpc::internal::Call& call, CallState* state);

  void PerformOpsOnCall(grpc::internal::CallOpSetInterface* ops,
                        grpc::internal::Call* call) override;

  // The status code of the call's answer; UNKNOWN before there is one.
  int code() const { return code_.load(std::memory_order_relaxed) & ~kFinal; }
  // The call was ended, or its answer replaced, with this code, whatever the handler says.
  void Replaced(int code) { code_.store(code | kFinal, std::memory_order_relaxed); }

 private:
  static constexpr int kFinal = 1 << 30;

  void OnStatus(grpc::internal::CallOpServerSendStatus& status);

  grpc::internal::Call inner_;  // gRPC's own
  grpc::internal::Call outer_;
  CallState* state_ = nullptr;
  std::atomic<int> code_{grpc::StatusCode::UNKNOWN};
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_ANSWER_HOOK_H_
