// Looks up one key of a map field; see containers.h.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/map_field.h>
#include <google/protobuf/message.h>

#include <limits>
#include <string>
#include <type_traits>

#include "authz/condition/compare.h"
#include "authz/condition/containers.h"

namespace warden::condition {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MapKey;
using google::protobuf::MapValueConstRef;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Protobuf 3.21 has what is needed here, but as a private member of Reflection. An explicit
// instantiation may name private members ([temp.spec]), and so hands it out.
template <typename Tag, typename Tag::Type kMember>
struct Opener {
  friend typename Tag::Type Open(Tag) { return kMember; }
};
struct LookupTag {
  using Type = bool (Reflection::*)(const Message&, const FieldDescriptor*, const MapKey&,
                                    MapValueConstRef*) const;
  friend Type Open(LookupTag);
};
template struct Opener<LookupTag, &Reflection::LookupMapValue>;

// The key as a whole number of the type; false if it is none.
template <typename T>
bool ToWhole(const Value& key, T* number) {
  if (!key.is_number()) return false;
  using Limits = std::numeric_limits<T>;
  const auto bound = [](T value) {
    if constexpr (std::is_signed_v<T>) {
      return Value::Int(value);
    } else {
      return Value::Uint(value);
    }
  };
  if (!(CompareNumbers(key, bound(Limits::min())) >= 0 &&
        CompareNumbers(key, bound(Limits::max())) <= 0)) {
    return false;
  }
  *number = key.kind == Kind::kInt    ? static_cast<T>(key.i)
            : key.kind == Kind::kUint ? static_cast<T>(key.u)
                                      : static_cast<T>(key.d);
  return CompareNumbers(key, bound(*number)) == 0;
}

// False if no key of the map's type is the same as this one.
bool ToMapKey(const Value& key, const FieldDescriptor& type, MapKey* out) {
  int32_t i32 = 0;
  int64_t i64 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  switch (type.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      if (!ToWhole(key, &i32)) return false;
      out->SetInt32Value(i32);
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      if (!ToWhole(key, &i64)) return false;
      out->SetInt64Value(i64);
      return true;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!ToWhole(key, &u32)) return false;
      out->SetUInt32Value(u32);
      return true;
    case FieldDescriptor::CPPTYPE_UINT64:
      if (!ToWhole(key, &u64)) return false;
      out->SetUInt64Value(u64);
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (key.kind != Kind::kBool) return false;
      out->SetBoolValue(key.b);
      return true;
    default:
      if (key.kind != Kind::kString) return false;
      out->SetStringValue(std::string(key.view()));
      return true;
  }
}

Value ReadMapValue(Context& context, const MapValueConstRef& value, const FieldDescriptor& type) {
  switch (type.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Value::Int(value.GetInt32Value());
    case FieldDescriptor::CPPTYPE_INT64:
      return Value::Int(value.GetInt64Value());
    case FieldDescriptor::CPPTYPE_UINT32:
      return Value::Uint(value.GetUInt32Value());
    case FieldDescriptor::CPPTYPE_UINT64:
      return Value::Uint(value.GetUInt64Value());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value::Double(static_cast<double>(value.GetFloatValue()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value::Double(value.GetDoubleValue());
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(value.GetBoolValue());
    case FieldDescriptor::CPPTYPE_ENUM:
      return Value::Int(value.GetEnumValue());
    case FieldDescriptor::CPPTYPE_STRING:
      return type.type() == FieldDescriptor::TYPE_BYTES ? Value::Bytes(value.GetStringValue())
                                                        : Value::String(value.GetStringValue());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadMessage(context, value.GetMessageValue());
  }
  return Value::Error(kNoSuchField);
}

}  // namespace

std::optional<Value> FindInField(Context& context, const Message& message,
                                 const FieldDescriptor& field, const Value& key) {
  if (!context.Charge(1) || !context.ChargeBytes(key.kind == Kind::kString ? key.size : 0)) {
    return Value::Error(kTooCostly);
  }
  MapKey wanted;
  if (!ToMapKey(key, *field.message_type()->map_key(), &wanted)) return std::nullopt;
  MapValueConstRef found;
  const Reflection* reflection = message.GetReflection();
  if (!(reflection->*Open(LookupTag()))(message, &field, wanted, &found)) return std::nullopt;
  return ReadMapValue(context, found, *field.message_type()->map_value());
}

}  // namespace warden::condition
