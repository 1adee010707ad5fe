// The memory and the budget of one evaluation.
#ifndef WARDEN_AUTHZ_CONDITION_CONTEXT_H_
#define WARDEN_AUTHZ_CONDITION_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string>
#include <string_view>

#include "authz/condition/value.h"

namespace warden::condition {

inline constexpr char kTooCostly[] = "the evaluation took more steps than it may";

// Used by one thread, for one evaluation. What it hands out lives as long as it does. The first
// kilobyte is its own, so most evaluations allocate nothing.
class Context {
 public:
  // A step is the work of one operator, one element or entry looked at, or some 32 bytes.
  static constexpr int64_t kMostSteps = 1 << 16;

  Context() : arena_(own_, sizeof(own_)) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // False once the budget is used up; the evaluation then ends with kTooCostly.
  bool Charge(size_t steps) {
    budget_ -= static_cast<int64_t>(steps);
    return budget_ >= 0;
  }
  bool ChargeBytes(size_t bytes) { return Charge(bytes / 32); }

  // Null where that would cost too much. Uninitialized memory is made of error values.
  Value* NewValues(size_t count) {
    if (!Charge(count)) return nullptr;
    auto* values = static_cast<Value*>(arena_.allocate(count * sizeof(Value), alignof(Value)));
    for (size_t i = 0; i < count; ++i) new (values + i) Value();
    return values;
  }
  char* NewBytes(size_t count) {
    if (!ChargeBytes(count)) return nullptr;
    return static_cast<char*>(arena_.allocate(count, 1));
  }
  // A string value with a copy of `text`.
  Value CopyString(std::string_view text) {
    char* const copy = NewBytes(text.size());
    if (copy == nullptr) return Value::Error(kTooCostly);
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    return Value::String({copy, text.size()});
  }

 private:
  int64_t budget_ = kMostSteps;
  alignas(16) char own_[1024];
  std::pmr::monotonic_buffer_resource arena_;
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_CONTEXT_H_
