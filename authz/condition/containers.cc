#include "authz/condition/containers.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "authz/condition/compare.h"
#include "nlohmann/json.hpp"

namespace warden::condition {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What JSON keys can be looked up by.
std::optional<Value> FindJson(const nlohmann::json& object, const Value& key) {
  if (key.kind != Kind::kString) return std::nullopt;
  const auto found = object.find(key.view());
  if (found == object.end()) return std::nullopt;
  return Value::Json(*found);
}

bool WalkJson(Context& context, const nlohmann::json& object,
              absl::FunctionRef<bool(const Value&, const Value&)> each) {
  for (auto entry = object.begin(); entry != object.end(); ++entry) {
    if (!context.Charge(1)) return false;
    if (!each(Value::String(entry.key()), Value::Json(*entry))) break;
  }
  return true;
}

// The public reflection of protobuf shows a map as the list of its entries, which it makes on the
// first look.
bool WalkField(Context& context, const Message& message, const FieldDescriptor& field,
               absl::FunctionRef<bool(const Value&, const Value&)> each) {
  const auto* reflection = message.GetReflection();
  const FieldDescriptor& key = *field.message_type()->map_key();
  const FieldDescriptor& value = *field.message_type()->map_value();
  const int size = reflection->FieldSize(message, &field);
  if (!context.Charge(static_cast<size_t>(size))) return false;
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, &field, i);
    if (!each(ReadField(context, entry, key), ReadField(context, entry, value))) break;
  }
  return true;
}

}  // namespace

size_t SizeOf(const Value& container) {
  switch (container.form) {
    case Form::kJson:
      return container.json->size();
    case Form::kField:
      return static_cast<size_t>(
          container.message->GetReflection()->FieldSize(*container.message, container.field));
    default:
      return container.size;
  }
}

std::optional<Value> Find(Context& context, const Value& map, const Value& key) {
  if (map.form == Form::kJson) return FindJson(*map.json, key);
  if (map.form == Form::kField) return FindInField(context, *map.message, *map.field, key);
  std::optional<Value> found;
  const auto look = [&](const Value& each, const Value& value) {
    if (!SameKey(each, key)) return true;
    found = value;
    return false;
  };
  if (!WalkMap(context, map, look)) return Value::Error(kTooCostly);
  return found;
}

bool WalkMap(Context& context, const Value& map,
             absl::FunctionRef<bool(const Value& key, const Value& value)> each) {
  if (map.form == Form::kJson) return WalkJson(context, *map.json, each);
  if (map.form == Form::kField) return WalkField(context, *map.message, *map.field, each);
  if (!context.Charge(map.size)) return false;
  for (size_t i = 0; i < map.size; ++i) {
    if (!each(map.values[2 * i], map.values[2 * i + 1])) break;
  }
  return true;
}

Value SelectByName(Context& context, const Value& operand, std::string_view name) {
  if (operand.kind == Kind::kMap) {
    return Find(context, operand, Value::String(name)).value_or(Value::Error(kNoSuchKey));
  }
  if (operand.kind != Kind::kMessage) {
    return Value::Error("a field of something that has none: neither message nor map");
  }
  const FieldDescriptor* field =
      operand.message->GetDescriptor()->FindFieldByName(std::string(name));
  return field == nullptr ? Value::Error(kNoSuchField)
                          : ReadField(context, *operand.message, *field);
}

Value HasByName(Context& context, const Value& operand, std::string_view name) {
  if (operand.kind == Kind::kMap) {
    const std::optional<Value> found = Find(context, operand, Value::String(name));
    if (found.has_value() && found->is_error()) return *found;
    return Value::Bool(found.has_value());
  }
  if (operand.kind != Kind::kMessage) {
    return Value::Error("a field of something that has none: neither message nor map");
  }
  const FieldDescriptor* field =
      operand.message->GetDescriptor()->FindFieldByName(std::string(name));
  return field == nullptr ? Value::Error(kNoSuchField)
                          : Value::Bool(HasField(*operand.message, *field));
}

}  // namespace warden::condition
