#include "interceptors/normalize/normalizer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "interceptors/normalize/normalize_walk.h"
#include "interceptors/redact/sensitivity.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using normalize::FieldPlan;
using normalize::kNone;
using normalize::MessagePlan;
using normalize::Step;

// The field that holds one element: the map's value, else the field itself.
const FieldDescriptor& ElementOf(const FieldDescriptor& field) {
  return field.is_map() ? *field.message_type()->map_value() : field;
}

const FieldDescriptor* WrappedIn(const FieldDescriptor& element) {
  if (element.message_type() == nullptr ||
      element.message_type()->full_name() != "google.protobuf.StringValue") {
    return nullptr;
  }
  const FieldDescriptor* value = element.message_type()->FindFieldByName("value");
  const bool fits =
      value != nullptr && value->type() == FieldDescriptor::TYPE_STRING && !value->is_repeated();
  return fits ? value : nullptr;
}

class Compiler {
 public:
  explicit Compiler(std::vector<std::string>* problems) : problems_(problems) {}

  std::vector<MessagePlan> Compile(const Descriptor& root) {
    PlanOf(root);
    for (size_t i = 0; i < types_.size(); ++i) {
      MessagePlan plan = CompileMessage(*types_[i]);  // types_ grows meanwhile
      plans_.push_back(std::move(plan));
    }
    Prune();
    return std::move(plans_);
  }

 private:
  uint32_t PlanOf(const Descriptor& type) {
    const auto [found, added] = indices_.try_emplace(&type, static_cast<uint32_t>(types_.size()));
    if (added) types_.push_back(&type);
    return found->second;
  }
  MessagePlan CompileMessage(const Descriptor& type);
  std::vector<Step> StepsOf(const v1::FieldRules& rules, const FieldDescriptor& field);
  std::vector<Step> ReadSteps(const v1::FieldRules& element, const FieldDescriptor& field);
  void Report(const FieldDescriptor& field, std::string_view problem) {
    problems_->push_back(
        absl::StrCat(field.file()->name(), ": ", field.full_name(), ": ", std::string(problem)));
  }
  void Prune();

  std::vector<std::string>* const problems_;
  absl::flat_hash_map<const Descriptor*, uint32_t> indices_;
  std::vector<const Descriptor*> types_;
  std::vector<MessagePlan> plans_;
};

MessagePlan Compiler::CompileMessage(const Descriptor& type) {
  MessagePlan plan;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const v1::FieldRules& rules = field.options().GetExtension(v1::rules);
    if (rules.ignore() == v1::IGNORE_ALWAYS) continue;
    const FieldDescriptor& element = ElementOf(field);
    FieldPlan step{.field = &field,
                   .steps = StepsOf(rules, field),
                   .wrapped = WrappedIn(element),
                   .sensitive = IsSensitive(field)};
    if (element.type() != FieldDescriptor::TYPE_STRING && step.wrapped == nullptr) {
      step.steps.clear();  // the rules do not fit, which is reported elsewhere
    }
    if (element.message_type() != nullptr && step.wrapped == nullptr) {
      step.message = PlanOf(*element.message_type());
    }
    if (!step.steps.empty() || step.message != kNone) plan.fields.push_back(std::move(step));
  }
  return plan;
}

std::vector<Step> Compiler::StepsOf(const v1::FieldRules& rules, const FieldDescriptor& field) {
  if (field.is_map()) {
    if (rules.map().keys().string().normalize_size() > 0) {
      Report(field,
             "`map.keys.string.normalize`: keys cannot be normalised, since two of them "
             "could become one");
    }
    return ReadSteps(rules.map().values(), field);
  }
  return ReadSteps(field.is_repeated() ? rules.repeated().items() : rules, field);
}

std::vector<Step> Compiler::ReadSteps(const v1::FieldRules& element, const FieldDescriptor& field) {
  std::vector<Step> steps;
  if (element.ignore() == v1::IGNORE_ALWAYS) return steps;
  const auto has = [&steps](Step step) {
    return std::find(steps.begin(), steps.end(), step) != steps.end();
  };
  for (const int number : element.string().normalize()) {
    const auto step = static_cast<Step>(number);
    if (number <= 0 || number > v1::Normalization_MAX) {
      Report(field, absl::StrCat("`string.normalize`: ", number, " is not supported"));
    } else if (has(step)) {
      Report(field, absl::StrCat("`string.normalize` has ",
                                 v1::Normalization_Name(static_cast<v1::Normalization>(number)),
                                 " twice"));
    } else if (NeedsUnicode(step) && !normalize::HasUnicode()) {
      Report(field, absl::StrCat("`string.normalize`: ",
                                 v1::Normalization_Name(static_cast<v1::Normalization>(number)),
                                 " needs a build with WARDEN_WITH_ICU"));
    } else {
      steps.push_back(step);
    }
  }
  if (has(Step::kLower) && has(Step::kUpper)) {
    Report(field, "`string.normalize`: LOWER and UPPER exclude each other");
  }
  if (has(Step::kNfc) && has(Step::kNfkc)) {
    Report(field, "`string.normalize`: NFC and NFKC exclude each other");
  }
  return steps;
}

// Leaves out what has nothing to normalise.
void Compiler::Prune() {
  std::vector<bool> active(plans_.size());
  const auto is_active = [&active](const FieldPlan& field) {
    return !field.steps.empty() || (field.message != kNone && active[field.message]);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < plans_.size(); ++i) {
      if (active[i] || std::none_of(plans_[i].fields.begin(), plans_[i].fields.end(), is_active)) {
        continue;
      }
      active[i] = changed = true;
    }
  }
  for (MessagePlan& plan : plans_) {
    std::erase_if(plan.fields, [&](const FieldPlan& field) { return !is_active(field); });
  }
}

}  // namespace

std::shared_ptr<const Normalizer> Normalizer::Compile(const Descriptor& type,
                                                      std::vector<std::string>* problems) {
  std::vector<MessagePlan> plans = Compiler(problems).Compile(type);
  if (plans.front().fields.empty()) return nullptr;
  return std::shared_ptr<const Normalizer>(new Normalizer(std::move(plans)));
}

bool Normalizer::Apply(google::protobuf::Message* message, size_t max_violations,
                       std::vector<Violation>* out) const {
  normalize::Walk walk(plans_, max_violations, out);
  const normalize::Walk::Found found = walk.Look(*message);
  if (found == normalize::Walk::Found::kDifferent) walk.Change(message);
  return found != normalize::Walk::Found::kImpossible;
}

}  // namespace warden
