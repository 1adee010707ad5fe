// The trace that a call belongs to. Source: W3C Trace Context, level 2, section 3.2.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_TRACE_CONTEXT_H_
#define WARDEN_INTERCEPTORS_OBSERVE_TRACE_CONTEXT_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace warden {

// What a `traceparent` entry says. It is the caller's word: it connects records and proves nothing.
// A trivially copyable value.
class TraceContext {
 public:
  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01". Nullopt for what the grammar
  // forbids: upper case, ids of zeros, version ff, anything after a version 00. Of later versions,
  // which may say more, the known part is taken. Thread-safe, allocates nothing.
  static std::optional<TraceContext> Parse(std::string_view traceparent);

  // 32 and 16 lower-case hexadecimal digits. Live as long as this object.
  std::string_view trace_id() const { return {text_.data(), kTraceDigits}; }
  std::string_view parent_id() const { return {text_.data() + kTraceDigits, kParentDigits}; }
  bool sampled() const { return sampled_; }

 private:
  static constexpr size_t kTraceDigits = 32;
  static constexpr size_t kParentDigits = 16;
  TraceContext() = default;

  std::array<char, kTraceDigits + kParentDigits> text_;
  bool sampled_ = false;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_TRACE_CONTEXT_H_
