// Walks map fields of const messages. Protobuf's public reflection shows a map only as the list
// that it keeps beside it, which it builds, and keeps, on the first look; this goes over the map
// itself.
#ifndef WARDEN_INTERCEPTORS_RULES_MAP_WALK_H_
#define WARDEN_INTERCEPTORS_RULES_MAP_WALK_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "interceptors/rules/evaluate.h"

namespace warden::rules {

// The number of different keys. Thread-safe.
size_t MapSize(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor& field);

// Calls `each` for every entry, in no particular order, until it returns false. Values of message
// type are read by `plan`. Thread-safe for a message that nobody changes. Allocates nothing, except
// for generated messages' maps of messages and enums: one iterator for each map, and a copy of each
// key.
void WalkMap(const google::protobuf::Message& message,
             const google::protobuf::FieldDescriptor& field, const ValuePlan& plan,
             absl::FunctionRef<bool(const Value& key, const Value& value)> each);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_MAP_WALK_H_
