// The field of a request that says what the call costs.
#ifndef WARDEN_INTERCEPTORS_LIMITS_COST_FIELD_H_
#define WARDEN_INTERCEPTORS_LIMITS_COST_FIELD_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace warden {

// A path such as `page.size`: singular messages, and at its end a singular integer. Immutable,
// thread-safe.
class CostField {
 public:
  // InvalidArgument says which name of the path is wrong, and why.
  static absl::StatusOr<CostField> Find(const google::protobuf::Descriptor& type,
                                        std::string_view path);

  // The value; 1 where it is absent or below 1, and the largest uint32 where it is above.
  // REQUIRES: `message` is of the type.
  uint32_t Read(const google::protobuf::Message& message) const;

 private:
  std::vector<const google::protobuf::FieldDescriptor*> path_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_COST_FIELD_H_
