#include "interceptors/observe/refusal_log.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/observe/sanitize.h"

namespace warden {
namespace {

// The names, values of these sizes, and their quotes escaped stay below kMaxLineBytes.
constexpr size_t kMaxWordBytes = 64;
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxDetailBytes = 512;

// Appends `,"name":"value"` unless the value is empty.
void AppendField(std::string_view name, std::string_view value, size_t max_bytes,
                 std::string* line) {
  if (value.empty()) return;
  absl::StrAppend(line, line->size() > 1 ? "," : "", "\"", std::string(name), "\":\"");
  // Sanitize leaves nothing else that JSON (RFC 8259 section 7) wants escaped.
  for (char c : Sanitize(value, max_bytes)) {
    if (c == '"' || c == '\\') line->push_back('\\');
    line->push_back(c);
  }
  line->push_back('"');
}

std::string FormatLine(const DecisionRecord& record, uint64_t dropped) {
  std::string line = "{";
  line.reserve(512);
  const std::string time =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", record.time, absl::UTCTimeZone());
  AppendField("time", time, kMaxWordBytes, &line);
  if (record.event != DecisionEvent::kRefusal) {
    AppendField("event", ToString(record.event), kMaxWordBytes, &line);
  }
  AppendField("request_id", record.request_id, kMaxWordBytes, &line);
  AppendField("trace_id", record.trace_id, kMaxWordBytes, &line);
  AppendField("method", record.method, kMaxNameBytes, &line);
  AppendField("peer", record.peer, kMaxNameBytes, &line);
  AppendField("address", record.address, kMaxWordBytes, &line);
  AppendField("principal", record.principal, kMaxNameBytes, &line);
  AppendField("reason", record.reason, kMaxWordBytes, &line);
  AppendField("stage", record.stage, kMaxWordBytes, &line);
  AppendField("detail", record.detail, kMaxDetailBytes, &line);
  AppendField("policy", record.policy, kMaxWordBytes, &line);
  if (dropped > 0) absl::StrAppend(&line, ",\"dropped\":", dropped);
  line += "}\n";
  return line;
}

// One write(2), so that the line arrives in one piece; what a full pipe or disk refuses is lost.
void WriteToStderr(std::string_view line) {
  const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  (void)written;
}

RefusalLogOptions WithDefaults(RefusalLogOptions options) {
  if (!options.write) options.write = WriteToStderr;
  return options;
}

}  // namespace

std::string_view ToString(DecisionEvent event) {
  switch (event) {
    case DecisionEvent::kRefusal:
      break;
    case DecisionEvent::kBreakGlass:
      return "break_glass";
    case DecisionEvent::kShadowDifference:
      return "shadow_difference";
    case DecisionEvent::kObserved:
      return "observed";
    case DecisionEvent::kHiddenError:
      return "hidden_error";
    case DecisionEvent::kResponse:
      return "response";
    case DecisionEvent::kBlock:
      return "block";
    case DecisionEvent::kAnomaly:
      return "anomaly";
  }
  return "refusal";
}

RefusalLog::RefusalLog(RefusalLogOptions options)
    : options_(WithDefaults(std::move(options))),
      refusals_({.tokens = static_cast<double>(options_.burst)}),
      notes_(refusals_) {}

bool RefusalLog::MayWrite(Budget* budget, absl::Time now) {
  if (options_.lines_per_second == 0) return false;
  // A clock that was set back gives nothing, and is followed.
  const double elapsed = absl::ToDoubleSeconds(std::max(now - budget->last, absl::ZeroDuration()));
  budget->last = now;
  budget->tokens =
      std::min<double>(options_.burst, budget->tokens + elapsed * options_.lines_per_second);
  if (budget->tokens < 1) return false;
  budget->tokens -= 1;
  return true;
}

bool RefusalLog::Count(bool wanted) {
  if (!wanted) dropped_.fetch_add(1, std::memory_order_relaxed);
  return wanted;
}

bool RefusalLog::Wants(absl::Time now) {
  MutexLock lock(&mutex_);
  return Count(MayWrite(&refusals_, now));
}

bool RefusalLog::WantsNote(absl::Time now) {
  MutexLock lock(&mutex_);
  return Count(MayWrite(&notes_, now));
}

void RefusalLog::Record(const DecisionRecord& record) {
  if (record.allowed && record.event == DecisionEvent::kRefusal) return;
  const uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  const uint64_t reported = reported_.exchange(dropped, std::memory_order_relaxed);
  // Another thread may have reported more in between.
  options_.write(FormatLine(record, dropped > reported ? dropped - reported : 0));
}

}  // namespace warden
