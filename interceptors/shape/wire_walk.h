// Measures a serialized message: how deep it is, how many elements it has, whether its type
// declares all of its fields.
#ifndef WARDEN_INTERCEPTORS_SHAPE_WIRE_WALK_H_
#define WARDEN_INTERCEPTORS_SHAPE_WIRE_WALK_H_

#include <array>
#include <cstdint>

#include "interceptors/shape/shape_plan.h"
#include "interceptors/shape/wire_reader.h"

namespace warden::shape {

// What is wrong with a message.
enum class Breach : uint8_t {
  kNone,
  kMalformed,  // protobuf would not take it either
  kBytes,
  kDepth,
  kElements,
  kUnknownField,
};

// 0 stands for no limit.
struct ShapeLimits {
  uint32_t max_depth = 0;
  uint64_t max_elements = 0;
  bool refuse_unknown_fields = false;
};

// For one message, on one thread. Takes time linear in the message's bytes and no memory besides
// itself; ends at the first breach.
class WireWalk {
 public:
  WireWalk(const ShapePlan& plan, const ShapeLimits& limits, SliceSource next)
      : plan_(plan), limits_(limits), reader_(next) {}

  // `bytes` in all.
  Breach Run(uint64_t bytes);

 private:
  // protobuf parses a message and 100 within it.
  static constexpr uint32_t kMaxDepth = 101;

  // A message or group that has begun. Without initializers: most of the frames are never used.
  struct Frame {
    uint64_t end;
    const MessageShapePlan* plan;  // null within an unknown group
    uint32_t group;                // its field number, of a group; else 0
    uint32_t depth;
  };

  Breach Step();
  Breach OnUnknown(uint32_t number, Wire wire);
  Breach OnField(const FieldShape& field, Wire wire);
  Breach OnPacked(const FieldShape& field, uint64_t length);
  Breach SkipValue(uint32_t number, Wire wire);
  Breach Enter(const MessageShapePlan* plan, uint64_t end, uint32_t group);
  Breach Count(uint64_t elements);
  const Frame& top() const { return frames_[size_ - 1]; }
  void Leave();

  const ShapePlan& plan_;
  const ShapeLimits& limits_;
  WireReader reader_;
  uint64_t elements_ = 0;
  size_t size_ = 0;
  // Entries of maps are frames, but no depth of their own; nor do they follow each other.
  std::array<Frame, 2 * kMaxDepth + 2> frames_;
};

}  // namespace warden::shape

#endif  // WARDEN_INTERCEPTORS_SHAPE_WIRE_WALK_H_
