#include "interceptors/shape/shape_plan.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace warden::shape {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Wire WireOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return Wire::kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return Wire::kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return Wire::kLength;
    case FieldDescriptor::TYPE_GROUP:
      return Wire::kStartGroup;
    default:
      return Wire::kVarint;
  }
}

class Compiler {
 public:
  uint32_t PlanOf(const Descriptor& type) {
    const auto [found, added] = indices_.try_emplace(&type, static_cast<uint32_t>(types_.size()));
    if (added) types_.push_back(&type);
    return found->second;
  }
  ShapePlan Compile(const Descriptor& type) {
    ShapePlan plan;
    PlanOf(type);
    for (size_t i = 0; i < types_.size(); ++i) plan.messages.push_back(CompileMessage(*types_[i]));
    return plan;
  }

 private:
  MessageShapePlan CompileMessage(const Descriptor& type) {
    MessageShapePlan plan;
    plan.is_map_entry = type.options().map_entry();
    plan.maps_to_messages = plan.is_map_entry && type.map_value()->message_type() != nullptr;
    plan.opaque = type.options().message_set_wire_format();
    if (plan.opaque) return plan;
    std::vector<const FieldDescriptor*> fields;
    if (type.extension_range_count() > 0) type.file()->pool()->FindAllExtensions(&type, &fields);
    for (int i = 0; i < type.field_count(); ++i) fields.push_back(type.field(i));
    for (const FieldDescriptor* field : fields) {
      FieldShape shape{.number = static_cast<uint32_t>(field->number()),
                       .wire = WireOf(*field),
                       .repeated = field->is_repeated(),
                       .packable = field->is_packable()};
      if (field->message_type() != nullptr) shape.message = PlanOf(*field->message_type());
      plan.fields.push_back(shape);
    }
    std::sort(plan.fields.begin(), plan.fields.end(),
              [](const FieldShape& a, const FieldShape& b) { return a.number < b.number; });
    return plan;
  }

  absl::flat_hash_map<const Descriptor*, uint32_t> indices_;
  std::vector<const Descriptor*> types_;
};

}  // namespace

const FieldShape* MessageShapePlan::Find(uint32_t number, Wire wire) const {
  // Most types number their fields from 1 without a gap.
  const FieldShape* field = nullptr;
  if (number - 1 < fields.size() && fields[number - 1].number == number) {
    field = &fields[number - 1];
  } else {
    const auto found = std::lower_bound(
        fields.begin(), fields.end(), number,
        [](const FieldShape& each, uint32_t wanted) { return each.number < wanted; });
    if (found == fields.end() || found->number != number) return nullptr;
    field = &*found;
  }
  if (field->wire == wire || (field->packable && wire == Wire::kLength)) return field;
  return nullptr;
}

std::shared_ptr<const ShapePlan> ShapePlan::Compile(const Descriptor& type) {
  return std::make_shared<const ShapePlan>(Compiler().Compile(type));
}

}  // namespace warden::shape
