#include "interceptors/shape/request_shape.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <utility>

namespace warden {
namespace {

using shape::Breach;

// What a thread keeps of the buffer for messages that were parsed already.
constexpr size_t kKeptBytes = 64 * 1024;

constexpr Breach kLimits[] = {Breach::kBytes, Breach::kDepth, Breach::kElements,
                              Breach::kUnknownField};

}  // namespace

const v1::MessageShape* FindShape(const google::protobuf::MethodDescriptor& method) {
  if (method.options().HasExtension(v1::request_shape)) {
    return &method.options().GetExtension(v1::request_shape);
  }
  if (method.service()->options().HasExtension(v1::service_request_shape)) {
    return &method.service()->options().GetExtension(v1::service_request_shape);
  }
  if (method.file()->options().HasExtension(v1::file_request_shape)) {
    return &method.file()->options().GetExtension(v1::file_request_shape);
  }
  return nullptr;
}

RequestShape::RequestShape(std::shared_ptr<const shape::ShapePlan> plan,
                           const v1::MessageShape& limits)
    : plan_(std::move(plan)),
      max_bytes_(limits.max_bytes()),
      limits_{.max_depth = limits.max_depth(),
              .max_elements = limits.max_elements(),
              .refuse_unknown_fields = limits.refuse_unknown_fields()} {}

bool RequestShape::Asks(const v1::MessageShape& limits) {
  return limits.max_bytes() != 0 || limits.max_depth() != 0 || limits.max_elements() != 0 ||
         limits.refuse_unknown_fields();
}

bool RequestShape::walks() const {
  return limits_.max_depth != 0 || limits_.max_elements != 0 || limits_.refuse_unknown_fields;
}

Breach RequestShape::Judge(uint64_t bytes, shape::SliceSource next) const {
  if (max_bytes_ != 0 && bytes > max_bytes_) return Breach::kBytes;
  if (!walks()) return Breach::kNone;
  return shape::WireWalk(*plan_, limits_, next).Run(bytes);
}

Breach RequestShape::Judge(const google::protobuf::Message& message) const {
  const size_t bytes = message.ByteSizeLong();
  if (max_bytes_ != 0 && bytes > max_bytes_) return Breach::kBytes;
  if (!walks()) return Breach::kNone;
  // Generated code serializes many times faster than reflection walks.
  thread_local std::string buffer;
  buffer.clear();
  if (!message.AppendPartialToString(&buffer)) return Breach::kMalformed;
  std::string_view left = buffer;
  const Breach breach = Judge(buffer.size(), [&left](std::string_view* slice) {
    *slice = std::exchange(left, {});
    return !slice->empty();
  });
  if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);
  return breach;
}

std::string_view ShapeRule(Breach breach) {
  switch (breach) {
    case Breach::kBytes:
      return "shape.max_bytes";
    case Breach::kDepth:
      return "shape.max_depth";
    case Breach::kElements:
      return "shape.max_elements";
    case Breach::kUnknownField:
      return "shape.unknown_field";
    case Breach::kNone:
    case Breach::kMalformed:
      break;
  }
  return "";
}

std::string_view ShapeText(Breach breach) {
  switch (breach) {
    case Breach::kBytes:
      return "message is too large";
    case Breach::kDepth:
      return "message is nested too deeply";
    case Breach::kElements:
      return "lists and maps have too many elements";
    case Breach::kUnknownField:
      return "message has a field that its type does not declare";
    case Breach::kNone:
    case Breach::kMalformed:
      break;
  }
  return "";
}

std::set<std::string> ShapeRules() {
  std::set<std::string> rules;
  for (const Breach breach : kLimits) rules.emplace(ShapeRule(breach));
  return rules;
}

}  // namespace warden
