// What a walk over serialized messages has to know of their types: which field numbers there are,
// how they are encoded, and what is inside them. Compiled from descriptors, with extensions that
// are linked in.
#ifndef WARDEN_INTERCEPTORS_SHAPE_SHAPE_PLAN_H_
#define WARDEN_INTERCEPTORS_SHAPE_SHAPE_PLAN_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace warden::shape {

// https://protobuf.dev/programming-guides/encoding/#structure
enum class Wire : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

inline constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

struct FieldShape {
  uint32_t number = 0;
  Wire wire = Wire::kVarint;  // of one element, packed or not
  bool repeated = false;
  bool packable = false;     // protobuf reads both encodings, whichever is declared
  uint32_t message = kNone;  // into messages: of what is inside
};

struct MessageShapePlan {
  std::vector<FieldShape> fields;  // by number
  bool is_map_entry = false;       // no message of its own to who counts depth...
  bool maps_to_messages = false;   // ...but its value is one, also where it is left out
  bool opaque = false;             // a MessageSet: its items have numbers of their own

  // Null where the type has no such field. Of one encoding only: a field that comes in another one
  // is unknown to protobuf.
  const FieldShape* Find(uint32_t number, Wire wire) const;
};

// Immutable and thread-safe.
struct ShapePlan {
  std::vector<MessageShapePlan> messages;  // the first is the plan's own type

  // Of `type` and all that it can contain; types that contain themselves are fine.
  static std::shared_ptr<const ShapePlan> Compile(const google::protobuf::Descriptor& type);
};

}  // namespace warden::shape

#endif  // WARDEN_INTERCEPTORS_SHAPE_SHAPE_PLAN_H_
