// What a method's requests may look like, whatever their fields mean: `request_shape` and its
// relatives of annotations.proto, or the configuration's `request.shape`. docs/shape.md.
#ifndef WARDEN_INTERCEPTORS_SHAPE_REQUEST_SHAPE_H_
#define WARDEN_INTERCEPTORS_SHAPE_REQUEST_SHAPE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "interceptors/shape/shape_plan.h"
#include "interceptors/shape/wire_walk.h"
#include "warden/v1/annotations.pb.h"

namespace google::protobuf {
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace warden {

// The shape that a method's own options ask for: the method's, else its service's, else its file's.
// Null where none of them has one. A shape that is there and empty asks for nothing, whatever
// stands above it.
const v1::MessageShape* FindShape(const google::protobuf::MethodDescriptor& method);

// Immutable and thread-safe.
class RequestShape {
 public:
  // `plan` is of the request's type.
  RequestShape(std::shared_ptr<const shape::ShapePlan> plan, const v1::MessageShape& limits);

  // Whether the limits ask for anything at all.
  static bool Asks(const v1::MessageShape& limits);

  // Judges a message of `bytes` bytes before it is parsed. Where the size alone decides, no slice
  // is asked for. Linear in the bytes, allocates nothing.
  shape::Breach Judge(uint64_t bytes, shape::SliceSource next) const;

  // Judges one that was parsed already, by the bytes that it would be serialized to: fields that
  // were sent several times have been merged by then. REQUIRES: it is of the plan's type.
  shape::Breach Judge(const google::protobuf::Message& message) const;

 private:
  bool walks() const;

  const std::shared_ptr<const shape::ShapePlan> plan_;
  const uint64_t max_bytes_;
  const shape::ShapeLimits limits_;
};

// The rule that was broken, as violations name it: "shape.max_depth". "" for kNone and kMalformed.
std::string_view ShapeRule(shape::Breach breach);
// For the client, without numbers.
std::string_view ShapeText(shape::Breach breach);
// All rules.
std::set<std::string> ShapeRules();

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SHAPE_REQUEST_SHAPE_H_
