#include "interceptors/redact/sensitivity.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::FieldDescriptor;

// Of a map's entry: the map's field. Its entry type is declared within the message that has it.
const FieldDescriptor* MapOf(const FieldDescriptor& field) {
  const google::protobuf::Descriptor* entry = field.containing_type();
  if (entry == nullptr || !entry->options().map_entry()) return nullptr;
  const google::protobuf::Descriptor* owner = entry->containing_type();
  for (int i = 0; owner != nullptr && i < owner->field_count(); ++i) {
    if (owner->field(i)->message_type() == entry) return owner->field(i);
  }
  return nullptr;
}

}  // namespace

SensitiveClass SensitivityOf(const FieldDescriptor& field) {
  const google::protobuf::FieldOptions& options = field.options();
  if (options.HasExtension(v1::sensitivity)) {
    switch (options.GetExtension(v1::sensitivity)) {
      case v1::PII:
        return SensitiveClass::kPii;
      case v1::SECRET:
        return SensitiveClass::kSecret;
      case v1::PAYMENT:
        return SensitiveClass::kPayment;
      case v1::SENSITIVITY_UNSPECIFIED:
        break;
      default:
        return SensitiveClass::kUnclassified;
    }
  }
  if (options.GetExtension(v1::sensitive)) return SensitiveClass::kUnclassified;
  const FieldDescriptor* const map = MapOf(field);
  return map == nullptr ? SensitiveClass::kNone : SensitivityOf(*map);
}

std::string_view ToString(SensitiveClass sensitive) {
  switch (sensitive) {
    case SensitiveClass::kPii:
      return "PII";
    case SensitiveClass::kSecret:
      return "SECRET";
    case SensitiveClass::kPayment:
      return "PAYMENT";
    case SensitiveClass::kNone:
    case SensitiveClass::kUnclassified:
      break;
  }
  return "";
}

std::string_view RedactionMark(SensitiveClass sensitive) {
  switch (sensitive) {
    case SensitiveClass::kNone:
      return "";
    case SensitiveClass::kPii:
      return "[REDACTED:PII]";
    case SensitiveClass::kSecret:
      return "[REDACTED:SECRET]";
    case SensitiveClass::kPayment:
      return "[REDACTED:PAYMENT]";
    case SensitiveClass::kUnclassified:
      break;
  }
  return "[REDACTED]";
}

}  // namespace warden
