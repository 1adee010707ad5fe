#include "services/clients/cpp/outcome.h"

#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace orders::client {
namespace {

constexpr std::array<std::string_view, 17> kCodes = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

std::string CodeName(grpc::StatusCode code) {
  const int number = static_cast<int>(code);
  if (number < 0 || static_cast<size_t>(number) >= kCodes.size()) return absl::StrCat(number);
  return std::string(kCodes[static_cast<size_t>(number)]);
}

void ReadDetail(const google::protobuf::Any& detail, Outcome& outcome) {
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  google::rpc::QuotaFailure quota;
  google::rpc::BadRequest bad;
  if (detail.UnpackTo(&info)) {
    outcome.reason = info.reason();
    outcome.domain = info.domain();
  } else if (detail.UnpackTo(&retry)) {
    outcome.retry_after_seconds = static_cast<double>(retry.retry_delay().seconds()) +
                                  static_cast<double>(retry.retry_delay().nanos()) * 1e-9;
  } else if (detail.UnpackTo(&quota)) {
    for (const auto& violation : quota.violations()) {
      outcome.quotas.push_back(absl::StrCat(violation.subject(), ": ", violation.description()));
    }
  } else if (detail.UnpackTo(&bad)) {
    for (const auto& violation : bad.field_violations()) {
      outcome.violations.push_back(
          {violation.field(), violation.reason(), violation.description()});
    }
  }
}

}  // namespace

Outcome ReadOutcome(const grpc::Status& status, const grpc::ClientContext& context) {
  Outcome outcome;
  outcome.ok = status.ok();
  outcome.code = CodeName(status.error_code());
  outcome.message = status.error_message();
  const auto& trailers = context.GetServerTrailingMetadata();
  if (const auto id = trailers.find("x-request-id"); id != trailers.end()) {
    outcome.request_id.assign(id->second.data(), id->second.size());
  }
  google::rpc::Status details;
  // A broken trailer is as good as none: code and message stand for themselves.
  if (!details.ParseFromString(status.error_details())) return outcome;
  for (const google::protobuf::Any& detail : details.details()) ReadDetail(detail, outcome);
  return outcome;
}

}  // namespace orders::client
