#include "interceptors/rules/map_walk.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/map_field.h>
#include <google/protobuf/message.h>

#include <string>
#include <type_traits>

#include "interceptors/rules/read_value.h"

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MapIterator;
using google::protobuf::MapKey;
using google::protobuf::MapValueConstRef;
using google::protobuf::MapValueRef;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::internal::MapFieldBase;
using google::protobuf::internal::TypeDefinedMapFieldBase;

using Each = absl::FunctionRef<bool(const Value&, const Value&)>;

// Protobuf 3.21 has what is needed here, but as private members of Reflection. An explicit
// instantiation may name private members ([temp.spec]), and so hands them out.
template <typename Tag, typename Tag::Type kMember>
struct Opener {
  friend typename Tag::Type Open(Tag) { return kMember; }
};
struct MapDataTag {
  using Type = const MapFieldBase* (Reflection::*)(const Message&, const FieldDescriptor*) const;
  friend Type Open(MapDataTag);
};
struct MapBeginTag {
  using Type = MapIterator (Reflection::*)(Message*, const FieldDescriptor*) const;
  friend Type Open(MapBeginTag);
};
struct MapEndTag {
  using Type = MapIterator (Reflection::*)(Message*, const FieldDescriptor*) const;
  friend Type Open(MapEndTag);
};
template struct Opener<MapDataTag, &Reflection::GetMapData>;
template struct Opener<MapBeginTag, &Reflection::MapBegin>;
template struct Opener<MapEndTag, &Reflection::MapEnd>;

const MapFieldBase& MapData(const Message& message, const FieldDescriptor& field) {
  return *(message.GetReflection()->*Open(MapDataTag()))(message, &field);
}

template <typename T>
Value ToValue(const T& scalar) {
  Value value;
  if constexpr (std::is_same_v<T, std::string>) {
    value.text = scalar;
  } else if constexpr (std::is_floating_point_v<T>) {
    value.d = static_cast<double>(scalar);
  } else if constexpr (std::is_signed_v<T> || std::is_same_v<T, bool>) {
    value.i = scalar;
  } else {
    value.u = scalar;
  }
  return value;
}

Value ToValue(const MapKey& key) {
  switch (key.type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ToValue(key.GetInt32Value());
    case FieldDescriptor::CPPTYPE_INT64:
      return ToValue(key.GetInt64Value());
    case FieldDescriptor::CPPTYPE_UINT32:
      return ToValue(key.GetUInt32Value());
    case FieldDescriptor::CPPTYPE_UINT64:
      return ToValue(key.GetUInt64Value());
    case FieldDescriptor::CPPTYPE_BOOL:
      return ToValue(key.GetBoolValue());
    default:
      return ToValue(key.GetStringValue());
  }
}

Value ToValue(const MapValueConstRef& ref, FieldDescriptor::CppType type, const ValuePlan& plan,
              std::string* scratch) {
  switch (type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ToValue(ref.GetInt32Value());
    case FieldDescriptor::CPPTYPE_INT64:
      return ToValue(ref.GetInt64Value());
    case FieldDescriptor::CPPTYPE_UINT32:
      return ToValue(ref.GetUInt32Value());
    case FieldDescriptor::CPPTYPE_UINT64:
      return ToValue(ref.GetUInt64Value());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ToValue(ref.GetFloatValue());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ToValue(ref.GetDoubleValue());
    case FieldDescriptor::CPPTYPE_BOOL:
      return ToValue(ref.GetBoolValue());
    case FieldDescriptor::CPPTYPE_ENUM:
      return ToValue(ref.GetEnumValue());
    case FieldDescriptor::CPPTYPE_STRING:
      return ToValue(ref.GetStringValue());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ReadInside(ref.GetMessageValue(), plan, scratch);
  }
  return {};
}

// Walks a generated message's map of scalars without its iterators. False if the map is not one of
// these.
template <typename K, typename V>
bool WalkTyped(const MapFieldBase& data, Each each) {
  const auto* map = dynamic_cast<const TypeDefinedMapFieldBase<K, V>*>(&data);
  if (map == nullptr) return false;
  for (const auto& [key, value] : map->GetMap()) {
    if (!each(ToValue(key), ToValue(value))) break;
  }
  return true;
}

template <typename K>
bool WalkByValueType(const MapFieldBase& data, FieldDescriptor::CppType value_type, Each each) {
  switch (value_type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WalkTyped<K, int32_t>(data, each);
    case FieldDescriptor::CPPTYPE_INT64:
      return WalkTyped<K, int64_t>(data, each);
    case FieldDescriptor::CPPTYPE_UINT32:
      return WalkTyped<K, uint32_t>(data, each);
    case FieldDescriptor::CPPTYPE_UINT64:
      return WalkTyped<K, uint64_t>(data, each);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return WalkTyped<K, float>(data, each);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return WalkTyped<K, double>(data, each);
    case FieldDescriptor::CPPTYPE_BOOL:
      return WalkTyped<K, bool>(data, each);
    case FieldDescriptor::CPPTYPE_STRING:
      return WalkTyped<K, std::string>(data, each);
    default:
      return false;
  }
}

bool WalkScalars(const MapFieldBase& data, FieldDescriptor::CppType key_type,
                 FieldDescriptor::CppType value_type, Each each) {
  switch (key_type) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WalkByValueType<int32_t>(data, value_type, each);
    case FieldDescriptor::CPPTYPE_INT64:
      return WalkByValueType<int64_t>(data, value_type, each);
    case FieldDescriptor::CPPTYPE_UINT32:
      return WalkByValueType<uint32_t>(data, value_type, each);
    case FieldDescriptor::CPPTYPE_UINT64:
      return WalkByValueType<uint64_t>(data, value_type, each);
    case FieldDescriptor::CPPTYPE_BOOL:
      return WalkByValueType<bool>(data, value_type, each);
    default:
      return WalkByValueType<std::string>(data, value_type, each);
  }
}

// The map of a DynamicMessage.
bool WalkDynamic(const MapFieldBase& data, FieldDescriptor::CppType value_type,
                 const ValuePlan& plan, Each each) {
  const auto* map = dynamic_cast<const TypeDefinedMapFieldBase<MapKey, MapValueRef>*>(&data);
  if (map == nullptr) return false;
  std::string scratch;
  for (const auto& [key, value] : map->GetMap()) {
    if (!each(ToValue(key), ToValue(value, value_type, plan, &scratch))) break;
  }
  return true;
}

}  // namespace

size_t MapSize(const Message& message, const FieldDescriptor& field) {
  return static_cast<size_t>(MapData(message, field).size());
}

void WalkMap(const Message& message, const FieldDescriptor& field, const ValuePlan& plan,
             Each each) {
  const MapFieldBase& data = MapData(message, field);
  const FieldDescriptor::CppType key_type = field.message_type()->map_key()->cpp_type();
  const FieldDescriptor::CppType value_type = field.message_type()->map_value()->cpp_type();
  if (WalkScalars(data, key_type, value_type, each)) return;
  if (WalkDynamic(data, value_type, plan, each)) return;
  // The iterators of protobuf want a mutable message for what is written through them; nothing is.
  Message* unchanged = const_cast<Message*>(&message);
  const Reflection* reflection = message.GetReflection();
  const MapIterator end = (reflection->*Open(MapEndTag()))(unchanged, &field);
  std::string scratch;
  for (MapIterator it = (reflection->*Open(MapBeginTag()))(unchanged, &field); it != end; ++it) {
    if (!each(ToValue(it.GetKey()), ToValue(it.GetValueRef(), value_type, plan, &scratch))) break;
  }
}

}  // namespace warden::rules
