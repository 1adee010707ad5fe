// Judges bytes as the gate does, in slices.
#ifndef WARDEN_TESTS_INTERCEPTORS_SHAPE_SHAPE_TESTING_H_
#define WARDEN_TESTS_INTERCEPTORS_SHAPE_SHAPE_TESTING_H_

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "interceptors/shape/request_shape.h"

namespace warden::shape {

inline v1::MessageShape Limits(uint32_t depth, uint64_t elements = 0, bool refuse_unknown = false) {
  v1::MessageShape limits;
  limits.set_max_depth(depth);
  limits.set_max_elements(elements);
  limits.set_refuse_unknown_fields(refuse_unknown);
  return limits;
}

// In slices of `step` bytes, with an empty one after each.
inline Breach JudgeSliced(const RequestShape& shape, std::string_view bytes, size_t step) {
  std::string_view left = bytes;
  bool empty = false;
  return shape.Judge(bytes.size(), [&](std::string_view* slice) {
    empty = !empty;
    if (!empty) *slice = {};
    if (!empty) return true;
    *slice = left.substr(0, step);
    left.remove_prefix(std::min(step, left.size()));
    return !slice->empty();
  });
}

template <typename Message>
Breach Judge(std::string_view bytes, const v1::MessageShape& limits, size_t step = 7) {
  const RequestShape shape(ShapePlan::Compile(*Message::descriptor()), limits);
  return JudgeSliced(shape, bytes, step);
}

}  // namespace warden::shape

#endif  // WARDEN_TESTS_INTERCEPTORS_SHAPE_SHAPE_TESTING_H_
