// What of a Guard judges messages.
#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "interceptors/guard.h"
#include "interceptors/violation_details.h"

namespace warden {
namespace {

using google::protobuf::Message;

}  // namespace

// Rights come first: who may not set a field does not learn what it may hold.
std::optional<Refusal> Guard::Judge(const Call& call, Message& request, absl::Time now,
                                    std::string* observed) {
  const GuardedMethod& method = *call.method;
  Refusal refusal;
  try {
    if (method.writable != nullptr &&
        !method.writable->MaySet(request, *call.principal, max_violations_, &refusal.violations)) {
      refusal.reason = Reason::kFieldNotWritable;
    } else if (!NormalizeRequest(call, &request, &refusal.violations)) {
      refusal.reason = Reason::kRequestInvalid;
    } else if (method.request_rules != nullptr &&
               !CheckRequest(call, request, now, &refusal.violations, observed)) {
      refusal.reason = Reason::kRequestInvalid;
      for (const Violation& violation : refusal.violations) {
        metrics_->RecordRuleViolation(method.id, violation.rule);
      }
    } else {
      return std::nullopt;
    }
    refusal.detail = SummaryOf(refusal.violations);
  } catch (const std::exception& error) {
    return Refusal{.reason = Reason::kInternal, .detail = error.what()};
  }
  return refusal;
}

std::optional<Refusal> Guard::OnStreamed(const Call& call, Message& request) {
  if (call.stream_use != nullptr) {
    std::optional<Refusal> too_much = CountStreamed(call, request);
    if (too_much.has_value()) return too_much;
  }
  // A stream can go on for days: its messages are judged by the time at which they come.
  std::optional<Refusal> shape = JudgeShape(call, request);
  if (shape.has_value() && !observe_rules_) return shape;
  if (shape.has_value()) {
    metrics_->RecordObserved(call.method->id, static_cast<uint32_t>(shape->reason));
  }
  std::string observed;
  std::optional<Refusal> refusal = Judge(call, request, Now(), &observed);
  if (!observed.empty()) {
    metrics_->RecordObserved(call.method->id, static_cast<uint32_t>(Reason::kRequestInvalid));
  }
  if (!refusal.has_value() || !observe_rules_ || refusal->reason != Reason::kRequestInvalid) {
    return refusal;
  }
  // Counted only: a record for each message of a stream would say the same again and again.
  metrics_->RecordObserved(call.method->id, static_cast<uint32_t>(refusal->reason));
  return std::nullopt;
}

bool Guard::looks_at_messages() const {
  return std::any_of(methods_.begin(), methods_.end(),
                     [](const GuardedMethod& method) { return method.looks_at_messages(); });
}

}  // namespace warden
