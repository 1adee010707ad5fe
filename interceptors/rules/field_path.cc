#include "interceptors/rules/field_path.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace warden::rules {
namespace {

constexpr size_t kMaxKeyBytes = 64;

void AppendTextKey(std::string_view key, std::string* out) {
  const std::string_view shown = key.substr(0, kMaxKeyBytes);
  absl::StrAppend(out, "[\"", absl::CHexEscape(absl::string_view(shown.data(), shown.size())),
                  shown.size() < key.size() ? "...\"]" : "\"]");
}

void AppendStep(const PathStep& step, std::string* out) {
  if (!out->empty()) out->push_back('.');
  out->append(step.name);
  switch (step.element) {
    case PathStep::Element::kNone:
      return;
    case PathStep::Element::kIndex:
      absl::StrAppend(out, "[", step.index, "]");
      return;
    case PathStep::Element::kIntKey:
      absl::StrAppend(out, "[", step.key->i, "]");
      return;
    case PathStep::Element::kUintKey:
      absl::StrAppend(out, "[", step.key->u, "]");
      return;
    case PathStep::Element::kBoolKey:
      out->append(step.key->i != 0 ? "[true]" : "[false]");
      return;
    case PathStep::Element::kTextKey:
      AppendTextKey(step.key->text, out);
      return;
    case PathStep::Element::kHiddenKey:
      out->append("[*]");
      return;
  }
}

}  // namespace

PathStep::Element KeyElement(const google::protobuf::FieldDescriptor& map, bool sensitive) {
  using google::protobuf::FieldDescriptor;
  if (sensitive) return PathStep::Element::kHiddenKey;
  switch (map.message_type()->map_key()->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return PathStep::Element::kTextKey;
    case FieldDescriptor::CPPTYPE_BOOL:
      return PathStep::Element::kBoolKey;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return PathStep::Element::kUintKey;
    default:
      return PathStep::Element::kIntKey;
  }
}

std::string RenderPath(const PathStep* step) {
  std::vector<const PathStep*> steps;
  for (; step != nullptr; step = step->parent) steps.push_back(step);
  std::string path;
  std::for_each(steps.rbegin(), steps.rend(),
                [&path](const PathStep* each) { AppendStep(*each, &path); });
  return path;
}

}  // namespace warden::rules
