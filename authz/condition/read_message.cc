// Messages and their fields as values; see containers.h.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

#include "authz/condition/containers.h"
#include "nlohmann/json.hpp"

namespace warden::condition {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

Value RepeatedField(const Message& message, const FieldDescriptor& field) {
  Value value;
  value.kind = field.is_map() ? Kind::kMap : Kind::kList;
  value.form = Form::kField;
  value.message = &message;
  value.field = &field;
  return value;
}

Value TextValue(Context& context, const FieldDescriptor& field, const std::string& text,
                const std::string& scratch) {
  // Messages keep strings as they are, so `scratch` stays empty; if one ever does not, copy.
  Value value = &text == &scratch ? context.CopyString(text) : Value::String(text);
  if (field.type() == FieldDescriptor::TYPE_BYTES && !value.is_error()) value.kind = Kind::kBytes;
  return value;
}

bool IsWrapper(const Descriptor& type) {
  return type.well_known_type() >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE &&
         type.well_known_type() <= Descriptor::WELLKNOWNTYPE_BOOLVALUE;
}

int64_t IntField(const Message& message, int number) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByNumber(number);
  if (field == nullptr) return 0;
  const Reflection* reflection = message.GetReflection();
  return field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ? reflection->GetInt64(message, field)
                                                             : reflection->GetInt32(message, field);
}

// google.protobuf.Value: whichever of its kinds is set.
Value ReadDynamic(Context& context, const Message& message) {
  const google::protobuf::OneofDescriptor* kind = message.GetDescriptor()->oneof_decl(0);
  const FieldDescriptor* set = message.GetReflection()->GetOneofFieldDescriptor(message, kind);
  if (set == nullptr || set->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) return Value::Null();
  return ReadField(context, message, *set);
}

}  // namespace

Value ReadMessage(Context& context, const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (type.well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    return Value::Message(message);
  }
  if (IsWrapper(type)) return ReadField(context, message, *type.FindFieldByNumber(1));
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return Value::Timestamp(IntField(message, 1), IntField(message, 2));
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return Value::Duration(IntField(message, 1), IntField(message, 2));
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return RepeatedField(message, *type.FindFieldByNumber(1));
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return ReadDynamic(context, message);
    case Descriptor::WELLKNOWNTYPE_ANY:
      return Value::Error("a google.protobuf.Any, whose content is not looked into");
    default:
      return Value::Message(message);
  }
}

Value ReadField(Context& context, const Message& message, const FieldDescriptor& field) {
  if (field.is_repeated()) return RepeatedField(message, field);
  const Reflection* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Value::Int(reflection->GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return Value::Int(reflection->GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Value::Uint(reflection->GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Value::Uint(reflection->GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value::Double(reflection->GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value::Double(static_cast<double>(reflection->GetFloat(message, &field)));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(reflection->GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Value::Int(reflection->GetEnumValue(message, &field));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return TextValue(context, field, reflection->GetStringReference(message, &field, &scratch),
                       scratch);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (IsWrapper(*field.message_type()) && !reflection->HasField(message, &field)) {
        return Value::Null();
      }
      return ReadMessage(context, reflection->GetMessage(message, &field));
  }
  return Value::Error(kNoSuchField);
}

bool HasField(const Message& message, const FieldDescriptor& field) {
  const Reflection* reflection = message.GetReflection();
  return field.is_repeated() ? reflection->FieldSize(message, &field) > 0
                             : reflection->HasField(message, &field);
}

namespace {

Value RepeatedElement(Context& context, const Message& message, const FieldDescriptor& field,
                      int index) {
  const Reflection* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Value::Int(reflection->GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return Value::Int(reflection->GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Value::Uint(reflection->GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Value::Uint(reflection->GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value::Double(reflection->GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value::Double(
          static_cast<double>(reflection->GetRepeatedFloat(message, &field, index)));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(reflection->GetRepeatedBool(message, &field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Value::Int(reflection->GetRepeatedEnumValue(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      return TextValue(context, field,
                       reflection->GetRepeatedStringReference(message, &field, index, &scratch),
                       scratch);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(context, reflection->GetRepeatedMessage(message, &field, index));
  }
  return Value::Error(kNoSuchField);
}

}  // namespace

Value ElementAt(Context& context, const Value& list, size_t index) {
  switch (list.form) {
    case Form::kValues:
      return list.values[index];
    case Form::kStrings:
      return Value::String(list.strings[index]);
    case Form::kJson:
      return Value::Json((*list.json)[index]);
    case Form::kField:
      return RepeatedElement(context, *list.message, *list.field, static_cast<int>(index));
    case Form::kNone:
      break;
  }
  return Value::Error("an index out of range");
}

}  // namespace warden::condition
