// Lists, maps and messages, wherever their elements are. Nothing here throws or changes what it
// reads; any thread may read the same message.
//
// Errors are values: a key or field that is not there, an index out of range, a well-known message
// that says nothing valid. Walking charges a step an element.
#ifndef WARDEN_AUTHZ_CONDITION_CONTAINERS_H_
#define WARDEN_AUTHZ_CONDITION_CONTAINERS_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "authz/condition/context.h"
#include "authz/condition/value.h"

namespace warden::condition {

inline constexpr char kNoSuchKey[] = "no such key";
inline constexpr char kNoSuchField[] = "no such field";

// REQUIRES: a list, or a map.
size_t SizeOf(const Value& container);
// REQUIRES: a list, and index < SizeOf.
Value ElementAt(Context& context, const Value& list, size_t index);
// The value of a key; nothing if there is none. Numbers are compared as numbers: 1, 1u and 1.0 are
// the same key.
std::optional<Value> Find(Context& context, const Value& map, const Value& key);
// The same for a map field of a message, in constant time.
std::optional<Value> FindInField(Context& context, const google::protobuf::Message& message,
                                 const google::protobuf::FieldDescriptor& field, const Value& key);
// Calls `each` for every entry, in no particular order, until it returns false. False if the budget
// ended it.
bool WalkMap(Context& context, const Value& map,
             absl::FunctionRef<bool(const Value& key, const Value& value)> each);

// A field of a message. Sub-messages that are not set read as empty ones, wrappers as null.
Value ReadField(Context& context, const google::protobuf::Message& message,
                const google::protobuf::FieldDescriptor& field);
// `has()` of a field: set, or where presence is not kept, not the default; lists and maps: not
// empty.
bool HasField(const google::protobuf::Message& message,
              const google::protobuf::FieldDescriptor& field);
// The message as a value of its own: wrappers, Timestamp, Duration, Struct, Value and ListValue
// become what they stand for.
Value ReadMessage(Context& context, const google::protobuf::Message& message);

// `operand.name` and `has(operand.name)` where the operand's type was not known before.
Value SelectByName(Context& context, const Value& operand, std::string_view name);
Value HasByName(Context& context, const Value& operand, std::string_view name);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_CONTAINERS_H_
