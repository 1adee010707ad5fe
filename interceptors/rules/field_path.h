// Paths of fields as clients read them: `items[2].sku`, `labels["a"].name`, `seats[-4]`.
#ifndef WARDEN_INTERCEPTORS_RULES_FIELD_PATH_H_
#define WARDEN_INTERCEPTORS_RULES_FIELD_PATH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "interceptors/rules/evaluate.h"

namespace warden::rules {

// One step from a message down. The steps live on the checker's stack and cost nothing until a path
// is asked for.
struct PathStep {
  enum class Element : uint8_t { kNone, kIndex, kIntKey, kUintKey, kBoolKey, kTextKey, kHiddenKey };

  const PathStep* parent = nullptr;  // nullptr at the checked message
  std::string_view name;             // of the field or oneof; outlives the step
  Element element = Element::kNone;
  int index = 0;
  const Value* key = nullptr;
  bool sensitive = false;  // the field is
  bool for_key = false;    // the key is meant, not what it stands for
};

// How the keys of a map are shown: not at all where the field is sensitive.
PathStep::Element KeyElement(const google::protobuf::FieldDescriptor& map, bool sensitive);

// The path that ends with `step`; "" for nullptr. Keys that are text are quoted, and whatever is
// not printable ASCII in them is escaped as \xNN; a key of more than 64 bytes is cut and ends with
// an ellipsis of three dots. Hidden keys are `[*]`.
std::string RenderPath(const PathStep* step);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_FIELD_PATH_H_
