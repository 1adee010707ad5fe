// What field rights are compiled to: rights_compiler.h makes it, rights_walk.h goes by it.
#ifndef WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_PLAN_H_
#define WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_PLAN_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace warden::rights {

inline constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

// What one field's annotation names.
struct Right {
  std::vector<std::string> permissions;  // any one suffices
  std::string field;                     // "shop.v1.Order.note"
  std::string place;                     // "shop/v1/orders.proto:12:3", or the file alone
};

struct FieldStep {
  const google::protobuf::FieldDescriptor* field = nullptr;
  std::string_view name;     // as paths have it
  uint32_t right = kNone;    // into rights: what the field itself needs
  uint32_t message = kNone;  // into messages: what is inside has rights, too
  bool sensitive = false;    // its keys do not appear in paths
};

struct MessagePlan {
  bool is_any = false;            // it is opened
  std::vector<FieldStep> fields;  // those that have rights, or have them inside
};

// A type that an Any may hold.
struct LinkedType {
  const google::protobuf::Descriptor* type = nullptr;
  uint32_t message = kNone;  // where it has rights
};

struct Plan {
  std::vector<MessagePlan> messages;  // the first is the plan's own type
  std::vector<Right> rights;
  // Every type that is linked in, by its full name; empty where no Any is opened. The descriptor
  // pool is not asked while serving: it remembers names that it does not know for ever.
  absl::flat_hash_map<std::string, LinkedType> linked;
};

}  // namespace warden::rights

#endif  // WARDEN_INTERCEPTORS_RIGHTS_RIGHTS_PLAN_H_
