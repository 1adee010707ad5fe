#include "interceptors/observe/trace_context.h"

#include <algorithm>
#include <cstring>

namespace warden {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr size_t kTraceAt = 3;
constexpr size_t kParentAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr size_t kLength = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

int Digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

std::optional<TraceContext> TraceContext::Parse(std::string_view traceparent) {
  if (traceparent.size() < kLength) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  const std::string_view trace = traceparent.substr(kTraceAt, kTraceDigits);
  const std::string_view parent = traceparent.substr(kParentAt, kParentDigits);
  const std::string_view flags = traceparent.substr(kFlagsAt, 2);
  for (const size_t dash : {kTraceAt, kParentAt, kFlagsAt}) {
    if (traceparent[dash - 1] != '-') return std::nullopt;
  }
  for (const std::string_view part : {version, trace, parent, flags}) {
    if (!IsHex(part)) return std::nullopt;
  }
  if (version == "ff" || IsZero(trace) || IsZero(parent)) return std::nullopt;
  if (traceparent.size() > kLength && (version == "00" || traceparent[kLength] != '-')) {
    return std::nullopt;
  }
  TraceContext context;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
  std::memcpy(context.text_.data(), trace.data(), kTraceDigits);
  std::memcpy(context.text_.data() + kTraceDigits, parent.data(), kParentDigits);
  context.sampled_ = (Digit(flags[1]) & 1) != 0;
  return context;
}

}  // namespace warden
