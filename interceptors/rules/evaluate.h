// Judges one value by one compiled rule. Used by the checker for values of messages, and by the
// compiler for the constants that rules themselves name.
#ifndef WARDEN_INTERCEPTORS_RULES_EVALUATE_H_
#define WARDEN_INTERCEPTORS_RULES_EVALUATE_H_

#include <string_view>

#include "interceptors/rules/plan.h"

namespace warden::rules {

// A value in the shape that its ValuePlan says; only the member for that shape (or unwrapping) is
// set. Refers to the message, does not own.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): one member of a union is enough.
struct Value {
  union {
    int64_t i;
    uint64_t u = 0;
    double d;
  };
  std::string_view text;
  Nanos nanos = 0;
  const google::protobuf::Message* message = nullptr;
};

// What rules compare with besides constants.
struct Moment {
  Nanos now = 0;  // since the Unix epoch; set where ProgramData::uses_clock
};

// The text (into data.texts) that says how `value` breaks `check`; kNone if it does not.
// Thread-safe; allocates nothing, apart from RE2's bounded caches.
uint32_t Broken(const ProgramData& data, const ValuePlan& plan, const Check& check,
                const Value& value, const Moment& moment);

// True for "", 0, false: what an absent field without presence reads as; for a message, nothing is
// set in it.
bool IsZero(const ValuePlan& plan, const Value& value);

// The time that a Timestamp or Duration message holds, read through the two fields.
Nanos ReadNanos(const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& seconds,
                const google::protobuf::FieldDescriptor& nanos);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_EVALUATE_H_
