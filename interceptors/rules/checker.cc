#include "interceptors/rules/checker.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>
#include <utility>

#include "interceptors/rules/map_walk.h"
#include "interceptors/rules/read_value.h"
#include "interceptors/rules/unique.h"

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Of a condition that could not be evaluated.
constexpr char kNotDecided[] = "could not be checked";

bool IsSensitive(const PathStep* step) {
  for (; step != nullptr; step = step->parent) {
    if (step->sensitive) return true;
  }
  return false;
}

bool IsSet(const Message& message, const FieldDescriptor& field) {
  const Reflection* reflection = message.GetReflection();
  return field.is_repeated() ? reflection->FieldSize(message, &field) > 0
                             : reflection->HasField(message, &field);
}

// Whether the elements of a list or map have anything to check.
bool NeedsLook(const ValuePlan& plan) {
  return !plan.skip && (plan.has_checks() || plan.message != kNone);
}

}  // namespace

bool Checker::Check(const Message& message) {
  CheckMessage(data_.messages.front(), message, nullptr, 0);
  return valid_;
}

void Checker::CheckMessage(const MessagePlan& plan, const Message& message, const PathStep* above,
                           int depth) {
  if (depth > Program::kMaxDepth) return Report(data_.depth_text, above);
  if (!plan.cel.empty()) {
    Value whole;
    whole.message = &message;
    CheckCel(plan.cel, {.value = &whole}, above);
  }
  for (const FieldGroupPlan& group : plan.groups) {
    if (full()) return;
    CheckGroup(group, message, above);
  }
  const Reflection& reflection = *message.GetReflection();
  for (const FieldPlan& field : plan.fields) {
    if (full()) return;
    CheckField(field, message, reflection, above, depth);
  }
  for (const OneofPlan& oneof : plan.oneofs) {
    if (full()) return;
    if (reflection.HasOneof(message, oneof.oneof)) continue;
    const PathStep step{.parent = above, .name = oneof.oneof->name()};
    Report(data_.oneof_required_text, &step);
  }
}

void Checker::CheckField(const FieldPlan& plan, const Message& message,
                         const Reflection& reflection, const PathStep* above, int depth) {
  PathStep step{.parent = above, .name = plan.field->name(), .sensitive = plan.sensitive};
  switch (plan.form) {
    case FieldPlan::Form::kList:
      return CheckList(plan, message, reflection, &step, depth);
    case FieldPlan::Form::kMap:
      return CheckMap(plan, message, &step, depth);
    case FieldPlan::Form::kSingular:
      break;
  }
  const bool may_be_absent = plan.has_presence || plan.required || plan.skip_zero;
  if (may_be_absent && !reflection.HasField(message, plan.field)) {
    if (plan.required) Report(data_.required_text, &step);
    return;
  }
  std::string scratch;
  CheckValue(plan.value, ReadField(message, reflection, *plan.field, plan.value, &scratch), &step,
             depth);
}

bool Checker::CheckWhole(const FieldPlan& plan, const Message& message, size_t size,
                         const PathStep* step) {
  if (size == 0 && plan.required) {
    Report(data_.required_text, step);
    return false;
  }
  if (size == 0 && plan.skip_zero) return false;
  const ContainerPlan& container = data_.containers[plan.container];
  CheckCel(container.cel, {.owner = &message, .field = plan.field}, step);
  if (size < container.min) Report(container.min_text, step);
  if (size > container.max) Report(container.max_text, step);
  return size != 0 && !full();
}

void Checker::CheckList(const FieldPlan& plan, const Message& message, const Reflection& reflection,
                        PathStep* step, int depth) {
  const int size = reflection.FieldSize(message, plan.field);
  if (!CheckWhole(plan, message, static_cast<size_t>(size), step)) return;
  const ContainerPlan& container = data_.containers[plan.container];
  if (container.unique_text != kNone && !ItemsAreUnique(message, *plan.field, plan.value, size)) {
    Report(container.unique_text, step);
  }
  if (!NeedsLook(plan.value)) return;
  step->element = PathStep::Element::kIndex;
  std::string scratch;
  for (int i = 0; i < size && !full(); ++i) {
    step->index = i;
    CheckValue(plan.value, ReadItem(message, reflection, *plan.field, plan.value, i, &scratch),
               step, depth);
  }
}

void Checker::CheckMap(const FieldPlan& plan, const Message& message, PathStep* step, int depth) {
  if (!CheckWhole(plan, message, MapSize(message, *plan.field), step)) return;
  const ValuePlan& key_plan = data_.containers[plan.container].key;
  const bool look_at_keys = NeedsLook(key_plan), look_at_values = NeedsLook(plan.value);
  if (!look_at_keys && !look_at_values) return;
  step->element = KeyElement(*plan.field, plan.sensitive);
  WalkMap(message, *plan.field, plan.value, [&](const Value& key, const Value& value) {
    step->key = &key;
    step->for_key = true;
    if (look_at_keys) CheckValue(key_plan, key, step, depth);
    step->for_key = false;
    if (look_at_values) CheckValue(plan.value, value, step, depth);
    return !full();
  });
}

void Checker::CheckValue(const ValuePlan& plan, const Value& value, const PathStep* step,
                         int depth) {
  if (plan.skip || (plan.skip_zero && IsZero(plan, value))) return;
  CheckCel(plan.cel, {.value = &value}, step);
  for (uint32_t i = plan.first_check; i != plan.end_check && !full(); ++i) {
    const uint32_t text = Broken(data_, plan, data_.checks[i], value, moment_);
    if (text != kNone) Report(text, step);
  }
  if (plan.message != kNone && !full()) {
    CheckMessage(data_.messages[plan.message], *value.message, step, depth + 1);
  }
}

void Checker::CheckGroup(const FieldGroupPlan& group, const Message& message,
                         const PathStep* above) {
  const auto set =
      std::count_if(group.fields.begin(), group.fields.end(),
                    [&](const FieldDescriptor* field) { return IsSet(message, *field); });
  if (set > 1 || (set == 0 && group.required)) Report(group.text, above);
}

void Checker::CheckCel(CelRange range, const CelSubject& subject, const PathStep* step) {
  for (uint32_t i = range.first; i != range.end && !full(); ++i) {
    const CelRule& rule = data_.cel[i];
    std::string said;
    const CelResult result = RunCel(rule, subject, moment_, &said);
    if (result == CelResult::kHolds) continue;
    if (result == CelResult::kError) {
      Report(rule.text, step, kNotDecided);
    } else if (said.empty() || IsSensitive(step)) {
      Report(rule.text, step);
    } else {
      Report(rule.text, step, ShowSaid(said));
    }
  }
}

void Checker::Report(uint32_t text, const PathStep* step) {
  Report(text, step, data_.texts[text].message);
}

void Checker::Report(uint32_t text, const PathStep* step, std::string message) {
  if (data_.texts[text].observed) {
    if (observed_left_ == 0) return;
    --observed_left_;
    out_->push_back({.field = RenderPath(step),
                     .rule = data_.texts[text].id,
                     .message = std::move(message),
                     .observed = true});
    return;
  }
  valid_ = false;
  if (full()) return;
  --left_;
  const RuleText& rule = data_.texts[text];
  out_->push_back({RenderPath(step), rule.id, std::move(message), rule.path,
                   step != nullptr && step->for_key, rule.constants});
}

}  // namespace warden::rules
