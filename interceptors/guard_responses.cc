// What of a Guard judges answers.
#include <array>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/leaks/leak_detector.h"
#include "interceptors/leaks/leak_walk.h"
#include "interceptors/observe/rpc_metrics.h"
#include "interceptors/steady.h"
#include "interceptors/violation_details.h"

namespace warden {
namespace {

using google::protobuf::Message;
using Action = ResponseChecks::Action;

// gRPC's numbers are Abseil's.
constexpr int kUnknown = static_cast<int>(absl::StatusCode::kUnknown);
constexpr int kInternal = static_cast<int>(absl::StatusCode::kInternal);
constexpr int kDataLoss = static_cast<int>(absl::StatusCode::kDataLoss);

// How much of a handler's text is read, and kept.
constexpr size_t kMaxReadBytes = 65536;
constexpr size_t kMaxTextBytes = 2048;

bool SaysWhatBroke(int code) { return code == kUnknown || code == kInternal || code == kDataLoss; }

std::string_view LabelOf(int code) {
  return code == kInternal ? "internal" : code == kDataLoss ? "data_loss" : "unknown";
}

// For the operator. A secret in it would be as bad in a log.
std::string Original(const AnswerStatus& status) {
  std::string text = LeakDetector::Instance().Mask(status.text.substr(0, kMaxReadBytes));
  if (text.empty()) text = "no text";
  if (text.size() > kMaxTextBytes) {
    text.resize(kMaxTextBytes);
    absl::StrAppend(&text, "... (", status.text.size(), " bytes)");
  }
  if (!status.details.empty()) {
    absl::StrAppend(&text, "; ", status.details.size(), " bytes of details");
  }
  return text;
}

}  // namespace

void Guard::MakeRpcMetrics() {
  std::vector<std::string> methods;
  for (const GuardedMethod& method : methods_) methods.push_back(method.name);
  rpc_metrics_ = std::make_unique<RpcMetrics>(
      std::move(methods), std::vector<std::string>(LeakNames().begin(), LeakNames().end()));
  for (const GuardedMethod& method : methods_) {
    const ResponseChecks& checks = method.response;
    const auto expect = [&](AnswerResult result, Action action) {
      if (action == Action::kIgnore) return;
      rpc_metrics_->ExpectAnswer(method.id, result, action == Action::kBlock);
    };
    expect(AnswerResult::kHidden, checks.hide_errors ? Action::kBlock : Action::kIgnore);
    expect(AnswerResult::kTooLarge, checks.max_bytes > 0 ? Action::kBlock : Action::kIgnore);
    expect(AnswerResult::kInvalid, checks.rules != nullptr ? checks.on_invalid : Action::kIgnore);
    expect(AnswerResult::kLeak, checks.on_leak);
    // Compiled before calls come, not by the first.
    if (checks.on_leak != Action::kIgnore) LeakDetector::Instance();
  }
  metrics_->AddFamilies([rpcs = rpc_metrics_.get()] { return rpcs->Collect(); });
}

void Guard::Handled(const Call& call, int code) {
  const uint32_t method = call.method != nullptr ? call.method->id : rpc_metrics_->unknown_method();
  rpc_metrics_->RecordHandled(method, code, SteadyNanos() - call.monotonic_ns);
}

std::optional<int> Guard::OnStatus(const Call& call, const AnswerStatus& status) {
  OnHandlerStatus(call, status.code);
  const ResponseChecks& checks = call.method->response;
  if (checks.hide_errors && SaysWhatBroke(status.code)) {
    rpc_metrics_->RecordAnswer(call.method->id, AnswerResult::kHidden, true);
    RecordAnswer(call, DecisionEvent::kHiddenError, LabelOf(status.code), Original(status), true);
    return status.code;
  }
  if (checks.on_leak == Action::kIgnore) return std::nullopt;
  const LeakDetector& detector = LeakDetector::Instance();
  std::string_view where = "status message";
  std::optional<Leak> leak = detector.Find(status.text);
  if (!leak.has_value()) {
    where = "status details";
    leak = detector.Find(status.details);
  }
  if (!leak.has_value() || !OnLeak(call, *leak, where).has_value()) return std::nullopt;
  return kInternal;
}

bool Guard::HidesTrailer(const Call& call, std::string_view name, std::string_view value) {
  const std::optional<Leak> leak = LeakDetector::Instance().Find(value);
  return leak.has_value() &&
         OnLeak(call, *leak, absl::StrCat("trailer ", std::string(name))).has_value();
}

std::optional<Reason> Guard::OnResponse(const Call& call, const Message& message) {
  const ResponseChecks& checks = call.method->response;
  if (checks.rules == nullptr) return std::nullopt;
  std::vector<Violation> violations;
  if (checks.rules->Check(message, Now(), max_violations_, &violations)) return std::nullopt;
  std::erase_if(violations, [](const Violation& violation) { return violation.observed; });
  const bool block = checks.on_invalid == Action::kBlock;
  rpc_metrics_->RecordAnswer(call.method->id, AnswerResult::kInvalid, block);
  RecordAnswer(call, DecisionEvent::kResponse, InfoOf(Reason::kResponseInvalid).label,
               SummaryOf(violations), !block);
  if (!block) return std::nullopt;
  return Reason::kResponseInvalid;
}

std::optional<Reason> Guard::OnSent(const Call& call, std::string_view bytes,
                                    const AskMessage& message) {
  const ResponseChecks& checks = call.method->response;
  if (checks.max_bytes > 0 && bytes.size() > checks.max_bytes) {
    rpc_metrics_->RecordAnswer(call.method->id, AnswerResult::kTooLarge, true);
    RecordAnswer(call, DecisionEvent::kResponse, InfoOf(Reason::kResponseTooLarge).label,
                 absl::StrCat(bytes.size(), " bytes, of which ", checks.max_bytes, " may be sent"),
                 false);
    return Reason::kResponseTooLarge;
  }
  if (checks.on_leak == Action::kIgnore || !LeakDetector::Instance().MayHold(bytes)) {
    return std::nullopt;
  }
  const Message* const read = message();
  std::optional<FoundLeak> found;
  if (read != nullptr) {
    found = FindLeak(*read);
  } else if (const std::optional<Leak> leak = LeakDetector::Instance().Find(bytes)) {
    found = {.leak = *leak};
  }
  if (!found.has_value()) return std::nullopt;
  return OnLeak(call, found->leak, absl::StrCat("field ", found->field));
}

std::optional<Reason> Guard::OnLeak(const Call& call, Leak leak, std::string_view where) {
  const bool block = call.method->response.on_leak == Action::kBlock;
  rpc_metrics_->RecordAnswer(call.method->id, AnswerResult::kLeak, block);
  rpc_metrics_->RecordLeak(static_cast<size_t>(leak));
  RecordAnswer(call, DecisionEvent::kResponse, InfoOf(Reason::kResponseLeak).label,
               absl::StrCat(std::string(ToString(leak)), " in ", std::string(where)), !block);
  if (!block) return std::nullopt;
  return Reason::kResponseLeak;
}

Reason Guard::OnAnswerError(const Call& call, std::string_view detail) {
  RecordAnswer(call, DecisionEvent::kResponse, InfoOf(Reason::kInternal).label, detail, false);
  return Reason::kInternal;
}

void Guard::RecordAnswer(const Call& call, DecisionEvent event, std::string_view reason,
                         std::string_view detail, bool allowed) {
  try {
    Call answered = FactsOf(call);
    RecordNote(answered, {.event = event,
                          .allowed = allowed,
                          .stage = "response",
                          .detail = std::string(detail),
                          .label = reason});
  } catch (...) {
    // What fails here must not change the answer; the metric has counted it.
  }
}

}  // namespace warden
