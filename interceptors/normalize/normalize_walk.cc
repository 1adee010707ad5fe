#include "interceptors/normalize/normalize_walk.h"

#include <google/protobuf/descriptor.h>

#include "interceptors/rules/map_walk.h"

namespace warden::normalize {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using rules::PathStep;
using rules::Value;

// Sets `field`, a string of `message`, to its form; item `index` of a list, -1 of any other.
void ChangeText(const std::vector<Step>& steps, const FieldDescriptor& field, int index,
                Message* message) {
  const Reflection& reflection = *message->GetReflection();
  std::string scratch, form;
  const std::string& text =
      index < 0 ? reflection.GetStringReference(*message, &field, &scratch)
                : reflection.GetRepeatedStringReference(*message, &field, index, &scratch);
  if (Normalize(text, steps, &form) != Outcome::kChanged) return;
  if (index < 0) {
    reflection.SetString(message, &field, std::move(form));
  } else {
    reflection.SetRepeatedString(message, &field, index, std::move(form));
  }
}

}  // namespace

Walk::Found Walk::Look(const Message& message) {
  LookIn(plans_.front(), message, nullptr, 0);
  return impossible_ ? Found::kImpossible : different_ ? Found::kDifferent : Found::kNothing;
}

void Walk::Report(const PathStep* step, const char* message) {
  impossible_ = true;
  if (left_ == 0) return;
  --left_;
  out_->push_back({rules::RenderPath(step), std::string(Normalizer::kRule), message});
}

void Walk::LookIn(const MessagePlan& plan, const Message& message, const PathStep* above,
                  int depth) {
  if (depth > Normalizer::kMaxDepth) return Report(above, "message is nested too deeply");
  for (const FieldPlan& field : plan.fields) {
    if (left_ == 0) return;
    PathStep step{.parent = above, .name = field.field->name()};
    LookAtField(field, message, &step, depth);
  }
}

void Walk::LookAtField(const FieldPlan& plan, const Message& message, PathStep* step, int depth) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor& field = *plan.field;
  std::string scratch;
  if (field.is_map()) {
    step->element = rules::KeyElement(field, plan.sensitive);
    rules::WalkMap(message, field, rules::ValuePlan{.shape = rules::Shape::kMessage},
                   [&](const Value& key, const Value& value) {
                     step->key = &key;
                     if (value.message != nullptr) {
                       LookAtMessage(plan, *value.message, step, depth);
                     } else {
                       LookAtText(plan, value.text, step);
                     }
                     return left_ > 0;
                   });
    return;
  }
  const bool is_message = field.message_type() != nullptr;
  if (!field.is_repeated()) {
    if (!reflection.HasField(message, &field)) return;
    if (is_message) return LookAtMessage(plan, reflection.GetMessage(message, &field), step, depth);
    return LookAtText(plan, reflection.GetStringReference(message, &field, &scratch), step);
  }
  step->element = PathStep::Element::kIndex;
  const int size = reflection.FieldSize(message, &field);
  for (int i = 0; i < size && left_ > 0; ++i) {
    step->index = i;
    if (is_message) {
      LookAtMessage(plan, reflection.GetRepeatedMessage(message, &field, i), step, depth);
    } else {
      LookAtText(plan, reflection.GetRepeatedStringReference(message, &field, i, &scratch), step);
    }
  }
}

void Walk::LookAtMessage(const FieldPlan& plan, const Message& message, const PathStep* step,
                         int depth) {
  if (plan.wrapped == nullptr) return LookIn(plans_[plan.message], message, step, depth + 1);
  std::string scratch;
  LookAtText(plan, message.GetReflection()->GetStringReference(message, plan.wrapped, &scratch),
             step);
}

void Walk::LookAtText(const FieldPlan& plan, std::string_view text, const PathStep* step) {
  switch (Normalize(text, plan.steps, &scratch_)) {
    case Outcome::kSame:
      return;
    case Outcome::kChanged:
      different_ = true;
      return;
    case Outcome::kNotUtf8:
      return Report(step, "is not valid UTF-8");
    case Outcome::kTooLong:
      return Report(step, "is too long to be normalised");
  }
}

void Walk::ChangeIn(const MessagePlan& plan, Message* message) {
  for (const FieldPlan& field : plan.fields) ChangeField(field, message);
}

void Walk::ChangeField(const FieldPlan& plan, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  const FieldDescriptor& field = *plan.field;
  const bool is_message = field.message_type() != nullptr;
  if (!field.is_repeated()) {
    if (!reflection.HasField(*message, &field)) return;
    if (is_message) return ChangeMessage(plan, reflection.MutableMessage(message, &field));
    return ChangeText(plan.steps, field, -1, message);
  }
  const int size = reflection.FieldSize(*message, &field);
  for (int i = 0; i < size; ++i) {
    if (!is_message) {
      ChangeText(plan.steps, field, i, message);
      continue;
    }
    Message* const item = reflection.MutableRepeatedMessage(message, &field, i);
    if (!field.is_map()) {
      ChangeMessage(plan, item);
      continue;
    }
    const FieldDescriptor& value = *field.message_type()->map_value();
    if (value.message_type() == nullptr) {
      ChangeText(plan.steps, value, -1, item);
    } else {
      ChangeMessage(plan, item->GetReflection()->MutableMessage(item, &value));
    }
  }
}

void Walk::ChangeMessage(const FieldPlan& plan, Message* message) {
  if (plan.wrapped == nullptr) return ChangeIn(plans_[plan.message], message);
  ChangeText(plan.steps, *plan.wrapped, -1, message);
}

}  // namespace warden::normalize
