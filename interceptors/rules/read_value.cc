#include "interceptors/rules/read_value.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

Value OfInt(int64_t i) {
  Value value;
  value.i = i;
  return value;
}

Value OfUint(uint64_t u) {
  Value value;
  value.u = u;
  return value;
}

Value OfDouble(double d) {
  Value value;
  value.d = d;
  return value;
}

Value OfText(std::string_view text) {
  Value value;
  value.text = text;
  return value;
}

}  // namespace

Value ReadField(const Message& message, const Reflection& reflection, const FieldDescriptor& field,
                const ValuePlan& plan, std::string* scratch) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return OfInt(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return OfInt(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return OfUint(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return OfUint(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return OfDouble(static_cast<double>(reflection.GetFloat(message, &field)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return OfDouble(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return OfInt(reflection.GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return OfInt(reflection.GetEnumValue(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return OfText(reflection.GetStringReference(message, &field, scratch));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadInside(reflection.GetMessage(message, &field), plan, scratch);
  }
  return {};
}

Value ReadItem(const Message& message, const Reflection& reflection, const FieldDescriptor& field,
               const ValuePlan& plan, int index, std::string* scratch) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return OfInt(reflection.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return OfInt(reflection.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return OfUint(reflection.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return OfUint(reflection.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return OfDouble(static_cast<double>(reflection.GetRepeatedFloat(message, &field, index)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return OfDouble(reflection.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return OfInt(reflection.GetRepeatedBool(message, &field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return OfInt(reflection.GetRepeatedEnumValue(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return OfText(reflection.GetRepeatedStringReference(message, &field, index, scratch));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadInside(reflection.GetRepeatedMessage(message, &field, index), plan, scratch);
  }
  return {};
}

Value ReadInside(const Message& message, const ValuePlan& plan, std::string* scratch) {
  Value value;
  switch (plan.unwrap) {
    case Unwrap::kWrapper:
    case Unwrap::kTypeUrl:
      value = ReadField(message, *message.GetReflection(), *plan.inner, plan, scratch);
      break;
    case Unwrap::kNanos:
      value.nanos = ReadNanos(message, *plan.inner, *plan.inner_nanos);
      break;
    case Unwrap::kNone:
    case Unwrap::kFieldMask:
      break;
  }
  value.message = &message;
  return value;
}

}  // namespace warden::rules
