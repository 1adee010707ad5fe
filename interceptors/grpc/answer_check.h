// Judges the messages that a handler answers with, as a part of MessageInterceptor.
#ifndef WARDEN_INTERCEPTORS_GRPC_ANSWER_CHECK_H_
#define WARDEN_INTERCEPTORS_GRPC_ANSWER_CHECK_H_

#include <grpcpp/support/interceptor.h>

#include <memory>
#include <optional>
#include <utility>

#include "google/protobuf/message.h"
#include "interceptors/grpc/call_registry.h"
#include "interceptors/guarded_method.h"
#include "interceptors/reason.h"

namespace warden {

// For one message that is about to be sent, on one thread: CheckGiven before anything is taken out
// of it, then CheckSent. Where either is false the message is not sent: the call is answered with
// INTERNAL where its status goes out with the message, and else cancelled with it. The caller lets
// the batch go on either way.
class AnswerCheck {
 public:
  // REQUIRES: `methods` is at PRE_SEND_MESSAGE; `state` is the call's, or null where the gate does
  // not know it, which nothing passes.
  AnswerCheck(grpc::experimental::InterceptorBatchMethods& methods, const GuardedMethod& method,
              std::shared_ptr<CallState> state)
      : methods_(methods), method_(method), state_(std::move(state)) {}

  bool CheckGiven();
  // `instead`: what is sent in the place of the handler's message; null where that is sent.
  bool CheckSent(const google::protobuf::Message* instead);

 private:
  const google::protobuf::Message* Given();
  const google::protobuf::Message* Parse();
  void Drop();
  void Block();
  bool BlockIf(const std::optional<Reason>& reason);

  grpc::experimental::InterceptorBatchMethods& methods_;
  const GuardedMethod& method_;
  const std::shared_ptr<CallState> state_;
  const google::protobuf::Message* given_ = nullptr;
  std::unique_ptr<google::protobuf::Message> parsed_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_ANSWER_CHECK_H_
