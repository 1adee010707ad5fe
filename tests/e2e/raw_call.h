// Calls any method of any kind by its name, and reads every part of the answer.
#ifndef WARDEN_TESTS_E2E_RAW_CALL_H_
#define WARDEN_TESTS_E2E_RAW_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"

namespace warden::testing {

struct RawCall {
  std::string method;                 // "/pkg.Service/Method"
  std::vector<std::string> messages;  // serialized; one for unary and server-streaming methods
  std::vector<std::pair<std::string, std::string>> metadata;
};

struct Answer {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string text;
  std::vector<std::string> replies;  // serialized messages
  std::multimap<std::string, std::string> trailers;

  // From google.rpc.Status in grpc-status-details-bin; empty where absent.
  std::string reason;  // ErrorInfo
  std::string domain;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> violations;  // BadRequest: field to FieldViolation.reason
  std::vector<std::string> violation_texts;
  absl::Duration retry_after = absl::ZeroDuration();
  bool has_retry_info = false;
  std::string quota_subject;

  std::string details;  // grpc-status-details-bin as it came

  bool ok() const { return code == grpc::StatusCode::OK; }
  // The single value of a trailer; "" where it is absent or doubled.
  std::string Trailer(const std::string& name) const;
  // Everything that the client got, for searching.
  std::string Everything() const;
};

// Sends the messages, half-closes, reads to the end. Gives up after 20 s with DEADLINE_EXCEEDED.
Answer Perform(const std::shared_ptr<grpc::Channel>& channel, const RawCall& call);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_RAW_CALL_H_
