#include "interceptors/refusal.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "interceptors/violation_details.h"

namespace warden {
namespace {

constexpr char kDomain[] = "warden";

void AddErrorInfo(const ReasonInfo& info, const StepUpRule* step_up,
                  const std::vector<Violation>& violations, google::rpc::Status* status) {
  google::rpc::ErrorInfo error;
  AddRuleConstants(violations, &error);
  if (step_up != nullptr) {
    for (const auto& [name, value] : step_up->parameters) (*error.mutable_metadata())[name] = value;
  }
  error.set_reason(std::string(info.public_reason));
  error.set_domain(kDomain);
  status->add_details()->PackFrom(error);
}

void AddRetry(const Refusal& refusal, google::rpc::Status* status) {
  google::rpc::RetryInfo retry;
  const int64_t nanos = std::max<int64_t>(absl::ToInt64Nanoseconds(refusal.retry_after), 0);
  retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  status->add_details()->PackFrom(retry);
}

void AddQuota(const Refusal& refusal, std::string_view what, google::rpc::Status* status) {
  // A call that no time can help is not asked to come again.
  if (refusal.retry_after != absl::InfiniteDuration() &&
      refusal.reason != Reason::kConcurrencyLimited) {
    AddRetry(refusal, status);
  }
  google::rpc::QuotaFailure quota;
  auto* violation = quota.add_violations();
  violation->set_subject(refusal.quota);
  violation->set_description(std::string(what));
  status->add_details()->PackFrom(quota);
}

void AddLimit(const Refusal& refusal, google::rpc::Status* status) {
  switch (refusal.reason) {
    case Reason::kRateLimited:
    case Reason::kBlocked:  // to the client a block is a limit
      AddQuota(refusal, "the method's request rate", status);
      break;
    case Reason::kConnectionLimited:
      AddQuota(refusal, "the request rate", status);
      break;
    case Reason::kFailureLimited:
      AddQuota(refusal, "the rate of failures", status);
      break;
    case Reason::kConcurrencyLimited:
      AddQuota(refusal, "calls at the same time", status);
      break;
    default:
      break;
  }
}

void AddDynamic(const Refusal& refusal, google::rpc::Status* status) {
  AddLimit(refusal, status);
  if (!refusal.violations.empty()) {
    status->add_details()->PackFrom(DescribeViolations(refusal.violations));
  }
}

void AddConstant(Reason reason, const StepUpRule* step_up, const std::vector<Violation>& violations,
                 google::rpc::Status* status) {
  const ReasonInfo& info = InfoOf(reason);
  status->set_code(static_cast<int>(info.code));
  status->set_message(std::string(info.text));
  AddErrorInfo(info, step_up, violations, status);
}

std::array<std::string, kReasonCount> SerializeConstants() {
  std::array<std::string, kReasonCount> constants;
  for (size_t i = 0; i < kReasonCount; ++i) {
    google::rpc::Status status;
    AddConstant(static_cast<Reason>(i), nullptr, {}, &status);
    constants[i] = status.SerializeAsString();
  }
  return constants;
}

}  // namespace

std::string SerializedPublicStatus(const Refusal& refusal) {
  static const auto* const constants =
      new std::array<std::string, kReasonCount>(SerializeConstants());
  if (refusal.step_up != nullptr || !refusal.violations.empty()) {
    return PublicStatus(refusal).SerializeAsString();
  }
  std::string bytes = (*constants)[static_cast<size_t>(refusal.reason)];
  google::rpc::Status dynamic;
  AddDynamic(refusal, &dynamic);
  // Serialized messages that follow each other are merged by whoever parses them: details are
  // appended.
  if (dynamic.details_size() > 0) dynamic.AppendToString(&bytes);
  return bytes;
}

std::string StreamText(const Refusal& refusal) {
  std::string text(InfoOf(refusal.reason).text);
  std::string_view separator = ": ";
  for (const Violation& violation : refusal.violations) {
    std::string next =
        absl::StrCat(std::string(separator), violation.field, violation.field.empty() ? "" : " ",
                     violation.message, " [", violation.rule, "]");
    // The constants of a rule may be any text.
    for (char& c : next) {
      if (c < ' ' || c > '~') c = '?';
    }
    if (text.size() + next.size() > kMaxStreamText) {
      if (text.size() + 5 <= kMaxStreamText) text.append("; ...");
      break;
    }
    text.append(next);
    separator = "; ";
  }
  return text;
}

google::rpc::Status PublicStatus(const Refusal& refusal) {
  google::rpc::Status status;
  AddConstant(refusal.reason, refusal.step_up.get(), refusal.violations, &status);
  AddDynamic(refusal, &status);
  return status;
}

}  // namespace warden
