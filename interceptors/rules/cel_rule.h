// Runs one condition of a rule (CelRule, plan.h).
#ifndef WARDEN_INTERCEPTORS_RULES_CEL_RULE_H_
#define WARDEN_INTERCEPTORS_RULES_CEL_RULE_H_

#include <cstddef>
#include <string>

#include "interceptors/rules/evaluate.h"

namespace warden::rules {

// The variables of every environment that conditions of rules are compiled with, by number.
inline constexpr size_t kCelThis = 0;
inline constexpr size_t kCelNow = 1;

// What `this` stands for. Refers to the message.
struct CelSubject {
  const Value* value = nullptr;  // of CelThis::kField: not used
  // Of CelThis::kField: the message that has the list or map.
  const google::protobuf::Message* owner = nullptr;
  const google::protobuf::FieldDescriptor* field = nullptr;
};

enum class CelResult : uint8_t {
  kHolds,
  kBroken,
  kError,  // such as a division by zero, or more work than one evaluation may take
};

// With kBroken, *said is the text that the expression gave, or empty. Thread-safe; never throws.
// Takes at most condition::Context::kMostSteps steps, and allocates only what the expression makes
// beyond a kilobyte.
CelResult RunCel(const CelRule& rule, const CelSubject& subject, const Moment& moment,
                 std::string* said);

// A text of an expression, which may have values of the request in it, as it may be shown: at most
// some 200 bytes, and no control characters or bytes that are not UTF-8.
std::string ShowSaid(std::string_view said);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_CEL_RULE_H_
