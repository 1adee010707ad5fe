#include "interceptors/rights/rights_walk.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string>

#include "interceptors/rights/field_rights.h"
#include "interceptors/rules/map_walk.h"

namespace warden::rights {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;
using rules::PathStep;
using rules::Value;
using rules::ValuePlan;

constexpr char kMayNotSet[] = "may not be set by this caller";
constexpr char kNotReadable[] = "holds a message that cannot be looked into";
constexpr char kTooDeep[] = "is nested too deeply";

bool IsSet(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return rules::MapSize(message, field) > 0;
  const Reflection* reflection = message.GetReflection();
  return field.is_repeated() ? reflection->FieldSize(message, &field) > 0
                             : reflection->HasField(message, &field);
}

const Any& AsAny(const Message& message) {
  // Plans look into Anys of the generated pool only, whose type is this one.
  return static_cast<const Any&>(message);
}

Depth Below(Depth depth) { return {depth.messages + 1, depth.anys}; }
Depth Inside(Depth depth) { return {depth.messages + 1, depth.anys + 1}; }

}  // namespace

bool RightsWalk::Has(uint32_t right) {
  int8_t& has = has_[right];
  if (has == kUnasked) {
    const std::vector<std::string>& names = plan_.rights[right].permissions;
    has = std::any_of(names.begin(), names.end(),
                      [this](const std::string& name) { return caller_.HasPermission(name); })
              ? 1
              : 0;
  }
  return has == 1;
}

RightsWalk::Content RightsWalk::Open(const Message& message, Depth depth) const {
  const Any& any = AsAny(message);
  if (any.type_url().empty() && any.value().empty()) return {.readable = true};
  const size_t slash = any.type_url().rfind('/');
  if (slash == std::string::npos || depth.anys >= FieldRights::kMaxAnyDepth) return {};
  const auto linked = plan_.linked.find(any.type_url().substr(slash + 1));
  if (linked == plan_.linked.end()) return {};
  if (linked->second.message == kNone) return {.readable = true};
  const Message* const prototype =
      MessageFactory::generated_factory()->GetPrototype(linked->second.type);
  if (prototype == nullptr) return {};
  Content content{.readable = true, .plan = &plan_.messages[linked->second.message]};
  content.message.reset(prototype->New());
  if (!content.message->ParsePartialFromString(any.value())) return {};
  return content;
}

void RightsWalk::FindUnwritable(const Message& message, size_t max, std::vector<Violation>* out) {
  max_ = out->size() + std::max<size_t>(max, 1);
  out_ = out;
  WriteIn(plan_.messages.front(), message, nullptr, {});
}

void RightsWalk::WriteIn(const MessagePlan& plan, const Message& message, const PathStep* above,
                         Depth depth) {
  if (depth.messages > FieldRights::kMaxDepth) return Report(above, kTooDeep);
  if (plan.is_any) return WriteAny(message, above, depth);
  for (const FieldStep& step : plan.fields) {
    if (full()) return;
    if (IsSet(message, *step.field)) WriteField(step, message, above, depth);
  }
}

void RightsWalk::WriteAny(const Message& any, const PathStep* above, Depth depth) {
  const Content content = Open(any, depth);
  if (!content.readable) return Report(above, kNotReadable);
  if (content.message != nullptr) WriteIn(*content.plan, *content.message, above, Inside(depth));
}

void RightsWalk::WriteField(const FieldStep& step, const Message& message, const PathStep* above,
                            Depth depth) {
  PathStep path{.parent = above, .name = step.name};
  if (Denied(step)) return Report(&path, kMayNotSet);
  if (step.message == kNone) return;
  const MessagePlan& inside = plan_.messages[step.message];
  const Reflection* const reflection = message.GetReflection();
  if (step.field->is_map()) {
    path.element = rules::KeyElement(*step.field, step.sensitive);
    rules::WalkMap(message, *step.field, ValuePlan{.shape = rules::Shape::kMessage},
                   [&](const Value& key, const Value& value) {
                     path.key = &key;
                     WriteIn(inside, *value.message, &path, Below(depth));
                     return !full();
                   });
  } else if (step.field->is_repeated()) {
    path.element = PathStep::Element::kIndex;
    const int size = reflection->FieldSize(message, step.field);
    for (int i = 0; i < size && !full(); ++i) {
      path.index = i;
      WriteIn(inside, reflection->GetRepeatedMessage(message, step.field, i), &path, Below(depth));
    }
  } else {
    WriteIn(inside, reflection->GetMessage(message, step.field), &path, Below(depth));
  }
}

void RightsWalk::Report(const PathStep* step, const char* message) {
  if (!full()) out_->push_back({rules::RenderPath(step), "writable_by", message});
}

bool RightsWalk::HidesIn(const MessagePlan& plan, const Message& message, Depth depth) {
  if (depth.messages > FieldRights::kMaxDepth) return true;
  if (plan.is_any) return HidesAny(message, depth);
  return std::any_of(plan.fields.begin(), plan.fields.end(), [&](const FieldStep& step) {
    return IsSet(message, *step.field) &&
           (Denied(step) || (step.message != kNone && HidesBelow(step, message, depth)));
  });
}

bool RightsWalk::HidesBelow(const FieldStep& step, const Message& message, Depth depth) {
  const MessagePlan& inside = plan_.messages[step.message];
  const Reflection* const reflection = message.GetReflection();
  bool hides = false;
  if (step.field->is_map()) {
    rules::WalkMap(message, *step.field, ValuePlan{.shape = rules::Shape::kMessage},
                   [&](const Value&, const Value& value) {
                     hides = HidesIn(inside, *value.message, Below(depth));
                     return !hides;
                   });
  } else if (step.field->is_repeated()) {
    const int size = reflection->FieldSize(message, step.field);
    for (int i = 0; i < size && !hides; ++i) {
      hides = HidesIn(inside, reflection->GetRepeatedMessage(message, step.field, i), Below(depth));
    }
  } else {
    hides = HidesIn(inside, reflection->GetMessage(message, step.field), Below(depth));
  }
  return hides;
}

bool RightsWalk::HidesAny(const Message& any, Depth depth) {
  const Content content = Open(any, depth);
  if (!content.readable) return true;
  return content.message != nullptr && HidesIn(*content.plan, *content.message, Inside(depth));
}

void RightsWalk::ClearIn(const MessagePlan& plan, Message* message, Depth depth) {
  if (depth.messages > FieldRights::kMaxDepth) return message->Clear();
  if (plan.is_any) return ClearAny(message, depth);
  for (const FieldStep& step : plan.fields) {
    if (!IsSet(*message, *step.field)) continue;
    if (Denied(step)) {
      message->GetReflection()->ClearField(message, step.field);
    } else if (step.message != kNone) {
      ClearBelow(step, message, depth);
    }
  }
}

void RightsWalk::ClearBelow(const FieldStep& step, Message* message, Depth depth) {
  const MessagePlan& inside = plan_.messages[step.message];
  const Reflection* const reflection = message->GetReflection();
  if (!step.field->is_repeated()) {
    return ClearIn(inside, reflection->MutableMessage(message, step.field), Below(depth));
  }
  const int size = reflection->FieldSize(*message, step.field);
  for (int i = 0; i < size; ++i) {
    Message* item = reflection->MutableRepeatedMessage(message, step.field, i);
    if (step.field->is_map()) {
      item = item->GetReflection()->MutableMessage(item, step.field->message_type()->map_value());
    }
    ClearIn(inside, item, Below(depth));
  }
}

void RightsWalk::ClearAny(Message* any, Depth depth) {
  const Content content = Open(*any, depth);
  if (!content.readable) return any->Clear();
  if (content.message == nullptr) return;
  if (!HidesIn(*content.plan, *content.message, Inside(depth))) return;
  ClearIn(*content.plan, content.message.get(), Inside(depth));
  static_cast<Any*>(any)->set_value(content.message->SerializePartialAsString());
}

}  // namespace warden::rights
