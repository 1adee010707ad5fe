// Whether a field is sensitive, and of what class: the one place that reads
// `(warden.v1.sensitive)` and `(warden.v1.sensitivity)`. Whoever shows, logs or records values of
// messages asks here first.
#ifndef WARDEN_INTERCEPTORS_REDACT_SENSITIVITY_H_
#define WARDEN_INTERCEPTORS_REDACT_SENSITIVITY_H_

#include <cstdint>
#include <string_view>

namespace google::protobuf {
class FieldDescriptor;
}  // namespace google::protobuf

namespace warden {

enum class SensitiveClass : uint8_t {
  kNone,          // not sensitive
  kUnclassified,  // `sensitive: true` alone, or a class that this version does not know
  kPii,
  kSecret,
  kPayment,
};

// Of the field itself: whatever is inside a sensitive message, list or map is sensitive with it.
// The key and value of a map's entry are as the map. Thread-safe; a look-up in the field's options,
// so plans that are compiled at start-up remember the answer.
SensitiveClass SensitivityOf(const google::protobuf::FieldDescriptor& field);

inline bool IsSensitive(const google::protobuf::FieldDescriptor& field) {
  return SensitivityOf(field) != SensitiveClass::kNone;
}

// "PII", "SECRET", "PAYMENT"; "" for the other two.
std::string_view ToString(SensitiveClass sensitive);

// What stands in the place of a value: "[REDACTED]", or "[REDACTED:PII]". "" for kNone.
std::string_view RedactionMark(SensitiveClass sensitive);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REDACT_SENSITIVITY_H_
