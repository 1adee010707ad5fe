#include "interceptors/rules/compiler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "interceptors/redact/sensitivity.h"
#include "interceptors/rules/compile_value.h"
#include "interceptors/rules/rule_words.h"

namespace warden::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// The field that holds one element: the map's value, else the field itself.
const FieldDescriptor& ElementOf(const FieldDescriptor& field) {
  return field.is_map() ? *field.message_type()->map_value() : field;
}

// Rules whose texts name values, or what is in them; the others name sizes and formats.
constexpr std::array<std::string_view, 16> kNamesValues = {
    "const", "in",  "not_in", "prefix", "suffix", "contains", "not_contains", "pattern",
    "lt",    "lte", "gt",     "gte",    "gt_lt",  "gte_lt",   "gt_lte",       "gte_lte"};

constexpr std::string_view kExclusive = "_exclusive";

// Whether the plan itself asks for anything, leaving aside what is in messages below it.
bool HasOwnRules(const FieldPlan& plan, const ProgramData& data) {
  if (plan.required || plan.value.has_checks()) return true;
  if (plan.container == kNone) return false;
  const ContainerPlan& container = data.containers[plan.container];
  return !container.cel.empty() || container.min_text != kNone || container.max_text != kNone ||
         container.unique_text != kNone || container.key.has_checks();
}

}  // namespace

std::unique_ptr<const ProgramData> Compiler::Compile(const Descriptor& type) {
  data_->required_text = AddText("required", "value is required", "required");
  data_->oneof_required_text = AddText("required", "exactly one field is required in the oneof");
  data_->depth_text = AddText("warden.max_depth", "message is nested too deeply");
  PlanOf(type);
  for (uint32_t i = 0; i < data_->messages.size(); ++i) CompileMessage(i);
  Prune();
  if (data_->keeps_options) {
    for (auto& source : sources_) {
      data_->kept.push_back(std::shared_ptr<const RuleSource>(std::move(source)));
    }
  }
  return std::move(data_);
}

uint32_t Compiler::AddText(std::string id, std::string message, std::string path) {
  data_->texts.push_back({std::move(id), std::move(message), std::move(path)});
  return static_cast<uint32_t>(data_->texts.size() - 1);
}

// What a sensitive value is compared with may be as telling as the value.
void Compiler::HideConstants(size_t first_text) {
  for (size_t i = first_text; i < data_->texts.size(); ++i) {
    const std::string_view id = data_->texts[i].id;
    std::string_view rule = id.substr(id.rfind('.') + 1);
    if (rule.ends_with(kExclusive)) rule.remove_suffix(kExclusive.size());
    if (std::find(kNamesValues.begin(), kNamesValues.end(), rule) == kNamesValues.end()) continue;
    data_->texts[i].message = "is not valid";
    data_->texts[i].constants.clear();
  }
}

uint32_t Compiler::PlanOf(const Descriptor& type) {
  const auto [found, added] =
      plans_.try_emplace(&type, static_cast<uint32_t>(data_->messages.size()));
  if (added) data_->messages.emplace_back().type = &type;
  return found->second;
}

FoundRules Compiler::FindRules(
    const Site& site, absl::FunctionRef<absl::StatusOr<const Message*>(RuleSource&)> find) {
  FoundRules rules;
  for (const std::unique_ptr<RuleSource>& source : sources_) {
    const absl::StatusOr<const Message*> found = find(*source);
    if (!found.ok()) {
      site.Add(std::string(found.status().message()));
    } else if (*found != nullptr && rules.rules != nullptr) {
      site.Add(absl::StrCat("has rules in two dialects: ", std::string(rules.source->name()),
                            " and ", std::string(source->name())));
    } else if (*found != nullptr) {
      rules = {*found, source.get()};
    }
  }
  return rules;
}

void Compiler::CompileMessage(uint32_t index) {
  const Descriptor& type = *data_->messages[index].type;
  MessagePlan plan;  // messages_ grows meanwhile
  plan.type = &type;
  CompileGroups(type, &plan);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const bool in_group =
        std::any_of(plan.groups.begin(), plan.groups.end(), [field](const FieldGroupPlan& group) {
          return std::find(group.fields.begin(), group.fields.end(), field) != group.fields.end();
        });
    plan.fields.push_back(CompileField(*field, in_group));
  }
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) CompileOneof(*type.oneof_decl(i), &plan);
  if (plan.disabled) {
    plan = MessagePlan();  // its mistakes were found all the same
    plan.type = &type;
  }
  data_->messages[index] = std::move(plan);
}

void Compiler::CompileGroups(const Descriptor& type, MessagePlan* plan) {
  const Site site{type.file(), type.full_name(), &problems_};
  const FoundRules found =
      FindRules(site, [&type](RuleSource& source) { return source.ForMessage(type); });
  if (found.rules == nullptr) return;
  RuleView view(*found.rules, "");
  CelBuilder cel(data_.get(), site, TargetOfMessage(type));
  cel.AddRules(view);
  plan->cel = cel.range();
  plan->disabled = view.Bool("disabled").value_or(false);  // of earlier versions of buf.validate
  for (const Message* rule : view.Subs("oneof")) CompileGroup(*rule, type, site, plan);
  view.ReportUnread(site, "a message");
}

void Compiler::CompileGroup(const Message& rule, const Descriptor& type, const Site& site,
                            MessagePlan* plan) {
  RuleView view(rule, "oneof");
  FieldGroupPlan group;
  const std::vector<std::string> names = view.Texts("fields");
  for (const std::string& name : names) {
    const FieldDescriptor* field = type.FindFieldByName(name);
    if (field == nullptr) {
      site.Add(absl::StrCat("`oneof`: no field \"", name, "\" in ", type.full_name()));
    } else if (std::find(group.fields.begin(), group.fields.end(), field) != group.fields.end()) {
      site.Add(absl::StrCat("`oneof`: the field \"", name, "\" is named twice"));
    } else {
      group.fields.push_back(field);
    }
  }
  if (names.empty()) site.Add("`oneof` names no fields");
  group.required = view.Bool("required").value_or(false);
  group.text = AddText("message.oneof", absl::StrCat(group.required ? "exactly" : "at most",
                                                     " one of ", absl::StrJoin(names, ", "),
                                                     group.required ? " must" : " can", " be set"));
  view.ReportUnread(site, "a message");
  plan->groups.push_back(std::move(group));
}

void Compiler::CompileOneof(const OneofDescriptor& oneof, MessagePlan* plan) {
  const Site site{oneof.file(), oneof.full_name(), &problems_};
  const FoundRules found =
      FindRules(site, [&oneof](RuleSource& source) { return source.ForOneof(oneof); });
  if (found.rules == nullptr) return;
  RuleView view(*found.rules, "");
  if (view.Bool("required").value_or(false)) plan->oneofs.push_back({&oneof});
  view.ReportUnread(site, "a oneof");
}

FieldPlan Compiler::CompileField(const FieldDescriptor& field, bool in_group) {
  FieldPlan plan;
  plan.field = &field;
  plan.has_presence = field.has_presence();
  plan.sensitive = IsSensitive(field);
  plan.form = field.is_map()        ? FieldPlan::Form::kMap
              : field.is_repeated() ? FieldPlan::Form::kList
                                    : FieldPlan::Form::kSingular;
  const FieldDescriptor& element = ElementOf(field);
  plan.value = PlanWithoutRules(element);
  if (field.is_repeated()) {
    plan.container = static_cast<uint32_t>(data_->containers.size());
    ContainerPlan& container = data_->containers.emplace_back();
    if (field.is_map()) container.key = PlanWithoutRules(*field.message_type()->map_key());
  }
  const Site site{field.file(), field.full_name(), &problems_};
  const size_t texts = data_->texts.size();
  const FoundRules found =
      FindRules(site, [&field](RuleSource& source) { return source.ForField(field); });
  if (found.rules != nullptr) {
    CompileFieldRules(found, field, in_group, &plan);
  } else {
    plan.skip_zero = in_group;
  }
  if (plan.sensitive) HideConstants(texts);
  if (element.message_type() != nullptr && !plan.value.skip) {
    plan.value.message = PlanOf(*element.message_type());
  }
  return plan;
}

void Compiler::CompileFieldRules(const FoundRules& found, const FieldDescriptor& field,
                                 bool in_group, FieldPlan* plan) {
  const Site site{field.file(), field.full_name(), &problems_};
  RuleView view(*found.rules, "");
  plan->required = view.Bool("required").value_or(false);
  bool skip = false;
  plan->skip_zero = in_group && !view.Has("ignore");
  CompileIgnore(view, site, &plan->skip_zero, &skip);
  if (field.is_repeated()) {
    CelBuilder whole(data_.get(), site, TargetOfContainer(field, plan->sensitive));
    whole.AddRules(view);
    data_->containers[plan->container].cel = whole.range();
    const Message* inside = view.Sub(field.is_map() ? "map" : "repeated");
    if (inside != nullptr && field.is_map()) CompileMap(*inside, *found.source, site, whole, plan);
    if (inside != nullptr && !field.is_map()) {
      CompileList(*inside, *found.source, site, whole, plan);
    }
  } else {
    CompileKind(view, *found.source, field, plan->sensitive, site, data_.get(), &plan->value);
  }
  view.ReportUnread(site, TypeInWords(field));
  if (!skip) return;
  // Nothing at all is checked; what was compiled is dropped, so that its mistakes are still found.
  plan->required = false;
  plan->value = PlanWithoutRules(ElementOf(field));
  plan->value.skip = true;
  if (plan->container != kNone) data_->containers[plan->container] = ContainerPlan();
}

void Compiler::CompileSize(RuleView& rules, std::string_view kind, std::string_view min,
                           std::string_view max, std::string_view noun, const Site& site,
                           FieldPlan* plan) {
  ContainerPlan container = data_->containers[plan->container];
  const std::string prefix = absl::StrCat(std::string(kind), ".");
  if (const std::optional<uint64_t> least = rules.Size(min)) {
    container.min = *least;
    const std::string rule = prefix + std::string(min);
    container.min_text =
        AddText(rule, absl::StrCat("must have at least ", ShowCount(*least, noun)), rule);
    data_->texts.back().constants = {{std::string(min), absl::StrCat(*least)}};
  }
  if (const std::optional<uint64_t> most = rules.Size(max)) {
    container.max = *most;
    const std::string rule = prefix + std::string(max);
    container.max_text =
        AddText(rule, absl::StrCat("must have at most ", ShowCount(*most, noun)), rule);
    data_->texts.back().constants = {{std::string(max), absl::StrCat(*most)}};
  }
  if (container.max < container.min) {
    site.Add(absl::StrCat("`", prefix, std::string(min), "` is greater than `", prefix,
                          std::string(max), "`"));
  }
  if (container.max == 0 && plan->required) {
    site.Add(absl::StrCat("`required` and `", prefix, std::string(max), "` 0 exclude each other"));
  }
  data_->containers[plan->container] = container;
}

void Compiler::CompileList(const Message& rules, RuleSource& source, const Site& site,
                           CelBuilder& whole, FieldPlan* plan) {
  RuleView view(rules, "repeated");
  CompileSize(view, "repeated", "min_items", "max_items", "item", site, plan);
  if (view.Bool("unique").value_or(false)) {
    if (plan->value.shape == Shape::kMessage) {
      site.Add("`repeated.unique` is not supported for messages");
    }
    data_->containers[plan->container].unique_text =
        AddText("repeated.unique", "must not have the same item twice", "repeated.unique");
  }
  const Message* items = view.Sub("items");
  whole.AddPredefined(view, source);
  data_->containers[plan->container].cel = whole.range();
  if (items != nullptr) {
    CompileValue(*items, source, "repeated.items", *plan->field, plan->sensitive, site, data_.get(),
                 &plan->value);
  }
  view.ReportUnread(site, "a list");
}

void Compiler::CompileMap(const Message& rules, RuleSource& source, const Site& site,
                          CelBuilder& whole, FieldPlan* plan) {
  RuleView view(rules, "map");
  CompileSize(view, "map", "min_pairs", "max_pairs", "entry", site, plan);
  const Descriptor& entry = *plan->field->message_type();
  const Message* keys = view.Sub("keys");
  const Message* values = view.Sub("values");
  whole.AddPredefined(view, source);
  data_->containers[plan->container].cel = whole.range();
  if (keys != nullptr) {
    ValuePlan key = data_->containers[plan->container].key;
    CompileValue(*keys, source, "map.keys", *entry.map_key(), plan->sensitive, site, data_.get(),
                 &key);
    data_->containers[plan->container].key = key;
  }
  if (values != nullptr) {
    CompileValue(*values, source, "map.values", *entry.map_value(), plan->sensitive, site,
                 data_.get(), &plan->value);
  }
  view.ReportUnread(site, "a map");
}

void Compiler::Prune() {
  const size_t count = data_->messages.size();
  std::vector<bool> active(count);
  const auto is_active = [&](const FieldPlan& field) {
    return HasOwnRules(field, *data_) ||
           (field.value.message != kNone && active[field.value.message]);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count; ++i) {
      const MessagePlan& plan = data_->messages[i];
      if (active[i]) continue;
      active[i] = !plan.oneofs.empty() || !plan.groups.empty() || !plan.cel.empty() ||
                  std::any_of(plan.fields.begin(), plan.fields.end(), is_active);
      changed |= active[i];
    }
  }
  for (MessagePlan& plan : data_->messages) {
    plan.fields.erase(std::remove_if(plan.fields.begin(), plan.fields.end(),
                                     [&](const FieldPlan& field) { return !is_active(field); }),
                      plan.fields.end());
    for (FieldPlan& field : plan.fields) {
      if (field.value.message != kNone && !active[field.value.message]) field.value.message = kNone;
    }
  }
}

}  // namespace warden::rules
