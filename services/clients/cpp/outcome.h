// How a call ended, with everything that a refusal says about itself.
#ifndef WARDEN_SERVICES_CLIENTS_CPP_OUTCOME_H_
#define WARDEN_SERVICES_CLIENTS_CPP_OUTCOME_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

namespace orders::client {

// The status of a call and the google.rpc details of its `grpc-status-details-bin` trailer, read by
// the messages of https://google.aip.dev/193. What the server did not send is empty.
struct Outcome {
  struct Violation {
    std::string field;        // such as items[2].sku
    std::string rule;         // such as STRING_PATTERN
    std::string description;  // for people
  };

  bool ok = false;
  std::string code;                           // OK, PERMISSION_DENIED, ...
  std::string message;                        // for people
  std::string reason;                         // ErrorInfo: for machines
  std::string domain;                         // ErrorInfo: whose reason it is
  std::optional<double> retry_after_seconds;  // RetryInfo
  std::vector<std::string> quotas;            // QuotaFailure: subject and description
  std::vector<Violation> violations;          // BadRequest
  std::string request_id;  // x-request-id trailer: what to ask the operator about
};

// `context` is the one of the call, which has ended.
Outcome ReadOutcome(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace orders::client

#endif  // WARDEN_SERVICES_CLIENTS_CPP_OUTCOME_H_
