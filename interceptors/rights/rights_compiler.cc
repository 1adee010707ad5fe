#include "interceptors/rights/rights_compiler.h"

#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/policy/names.h"
#include "interceptors/redact/sensitivity.h"
#include "warden/v1/annotations.pb.h"

namespace warden::rights {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::RepeatedPtrField;
using google::protobuf::UnknownFieldSet;
using Direction = FieldRights::Direction;

// The field numbers of Warden's options, see annotations.proto.
constexpr int kFirstOption = 73100;
constexpr int kLastOption = 73199;

bool IsAny(const Descriptor& type) { return type.full_name() == "google.protobuf.Any"; }

std::string PlaceOf(const FieldDescriptor& field) {
  google::protobuf::SourceLocation location;
  if (!field.GetSourceLocation(&location)) return field.file()->name();
  return absl::StrCat(field.file()->name(), ":", location.start_line + 1, ":",
                      location.start_column + 1);
}

const RepeatedPtrField<std::string>& NamesOf(const FieldDescriptor& field, Direction direction) {
  return direction == Direction::kWrite ? field.options().GetRepeatedExtension(v1::writable_by)
                                        : field.options().GetRepeatedExtension(v1::readable_by);
}

void AddTypes(const Descriptor& type, std::vector<const Descriptor*>* types) {
  types->push_back(&type);
  for (int i = 0; i < type.nested_type_count(); ++i) AddTypes(*type.nested_type(i), types);
}

// Of every generated file in the program.
std::vector<const Descriptor*> LinkedTypes() {
  std::vector<std::string> names;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&names);
  std::vector<const Descriptor*> types;
  for (const std::string& name : names) {
    const FileDescriptor* file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) continue;
    for (int i = 0; i < file->message_type_count(); ++i) AddTypes(*file->message_type(i), &types);
  }
  return types;
}

}  // namespace

bool RightsCompiler::HasRight(const FieldDescriptor& field) const {
  return !NamesOf(field, direction_).empty();
}

void RightsCompiler::Visit(const Descriptor& type, std::vector<const Descriptor*>* next) {
  Node& node = nodes_[&type];
  order_.push_back(&type);
  for (int i = 0; i < type.field_count(); ++i) node.fields.push_back(type.field(i));
  if (type.extension_range_count() > 0) {
    type.file()->pool()->FindAllExtensions(&type, &node.fields);
  }
  for (const FieldDescriptor* field : node.fields) {
    CheckField(*field);
    if (HasRight(*field)) node.relevant = true;
    if (field->message_type() != nullptr) next->push_back(field->message_type());
  }
}

void RightsCompiler::Reach(const Descriptor& type) {
  std::vector<const Descriptor*> next = {&type};
  while (!next.empty()) {
    const Descriptor* const one = next.back();
    next.pop_back();
    if (!nodes_.contains(one)) Visit(*one, &next);
  }
}

// An Any may hold every type that is linked in. Whether one of those has rights.
bool RightsCompiler::OpenAny() {
  const std::vector<const Descriptor*> types = LinkedTypes();
  for (const Descriptor* type : types) Reach(*type);
  if (std::none_of(types.begin(), types.end(),
                   [this](const Descriptor* type) { return nodes_[type].relevant; })) {
    return false;
  }
  for (const Descriptor* type : types) plan_->linked[type->full_name()] = {.type = type};
  return true;
}

// What contains a relevant type is relevant.
void RightsCompiler::MarkAbove() {
  for (const Descriptor* type : order_) {
    for (const FieldDescriptor* field : nodes_[type].fields) {
      if (field->message_type() != nullptr) nodes_[field->message_type()].above.push_back(type);
    }
  }
  std::vector<const Descriptor*> marked;
  for (const Descriptor* type : order_) {
    if (nodes_[type].relevant) marked.push_back(type);
  }
  while (!marked.empty()) {
    const Descriptor* const type = marked.back();
    marked.pop_back();
    for (const Descriptor* above : nodes_[type].above) {
      Node& node = nodes_[above];
      if (!node.relevant) marked.push_back(above);
      node.relevant = true;
    }
  }
}

void RightsCompiler::CheckField(const FieldDescriptor& field) {
  const auto report = [&](const std::string& problem) {
    problems_->push_back({PlaceOf(field), absl::StrCat(field.full_name(), ": ", problem)});
  };
  const UnknownFieldSet& unknown =
      field.options().GetReflection()->GetUnknownFields(field.options());
  for (int i = 0; i < unknown.field_count(); ++i) {
    const int number = unknown.field(i).number();
    if (number < kFirstOption || number > kLastOption) continue;
    report(absl::StrCat("has an option of Warden (", number,
                        ") that this version does not know; its restriction cannot be left out"));
  }
  const std::string_view option = direction_ == Direction::kWrite ? "writable_by" : "readable_by";
  const RepeatedPtrField<std::string>& names = NamesOf(field, direction_);
  for (int i = 0; i < names.size(); ++i) {
    if (!IsValidName(names[i])) {
      report(absl::StrCat(Quoted(option), " has ", Quoted(names[i]),
                          ", which is not a valid name; use ", std::string(kNameGrammar)));
    } else if (std::find(names.begin(), names.begin() + i, names[i]) != names.begin() + i) {
      report(absl::StrCat(Quoted(option), " has ", Quoted(names[i]), " twice"));
    }
  }
  if (direction_ == Direction::kRead && !names.empty() && field.is_required()) {
    report("has `readable_by`, but a required field cannot be cleared; make it optional");
  }
}

MessagePlan RightsCompiler::MakePlan(const Descriptor& type) {
  MessagePlan plan{.is_any = IsAny(type)};
  for (const FieldDescriptor* field : nodes_[&type].fields) {
    FieldStep step{.field = field,
                   .name = field->is_extension() ? field->full_name() : field->name(),
                   .sensitive = IsSensitive(*field)};
    if (HasRight(*field)) {
      const RepeatedPtrField<std::string>& names = NamesOf(*field, direction_);
      step.right = static_cast<uint32_t>(plan_->rights.size());
      plan_->rights.push_back({.permissions = {names.begin(), names.end()},
                               .field = field->full_name(),
                               .place = PlaceOf(*field)});
    }
    const Descriptor* inside = field->message_type();
    if (inside != nullptr && field->is_map()) inside = inside->map_value()->message_type();
    if (inside != nullptr && nodes_[inside].relevant) step.message = indices_.at(inside);
    if (step.right != kNone || step.message != kNone) plan.fields.push_back(step);
  }
  return plan;
}

std::unique_ptr<const Plan> RightsCompiler::Compile(const Descriptor& root) {
  Reach(root);
  const auto any = std::find_if(order_.begin(), order_.end(),
                                [](const Descriptor* type) { return IsAny(*type); });
  if (any != order_.end() && root.file()->pool() == DescriptorPool::generated_pool()) {
    const Descriptor* const type = *any;
    if (OpenAny()) nodes_[type].relevant = true;
  }
  MarkAbove();
  if (!nodes_[&root].relevant) return nullptr;
  std::vector<const Descriptor*> relevant;
  for (const Descriptor* type : order_) {
    if (!nodes_[type].relevant) continue;
    indices_[type] = static_cast<uint32_t>(relevant.size());
    relevant.push_back(type);
  }
  for (const Descriptor* type : relevant) plan_->messages.push_back(MakePlan(*type));
  for (auto& [name, linked] : plan_->linked) {
    const auto found = indices_.find(linked.type);
    if (found != indices_.end()) linked.message = found->second;
  }
  return std::move(plan_);
}

}  // namespace warden::rights
