#include "interceptors/rules/compile_value.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/rules/compile_cel.h"

namespace warden::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct WellKnownType {
  std::string_view type;
  std::string_view kind;
  Unwrap unwrap;
};

constexpr std::array kWellKnownTypes = {
    WellKnownType{"google.protobuf.DoubleValue", "double", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.FloatValue", "float", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.Int64Value", "int64", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.UInt64Value", "uint64", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.Int32Value", "int32", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.UInt32Value", "uint32", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.BoolValue", "bool", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.StringValue", "string", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.BytesValue", "bytes", Unwrap::kWrapper},
    WellKnownType{"google.protobuf.Duration", "duration", Unwrap::kNanos},
    WellKnownType{"google.protobuf.Timestamp", "timestamp", Unwrap::kNanos},
    WellKnownType{"google.protobuf.Any", "any", Unwrap::kTypeUrl},
    WellKnownType{"google.protobuf.FieldMask", "field_mask", Unwrap::kFieldMask},
};

const WellKnownType* FindWellKnown(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
  const auto* found = std::find_if(
      kWellKnownTypes.begin(), kWellKnownTypes.end(),
      [&](const WellKnownType& each) { return each.type == field.message_type()->full_name(); });
  return found == kWellKnownTypes.end() ? nullptr : found;
}

Shape ShapeOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
      return Shape::kInt;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Shape::kUint;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Shape::kDouble;
    case FieldDescriptor::CPPTYPE_STRING:
      return Shape::kText;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Shape::kMessage;
  }
  return Shape::kMessage;
}

bool Holds(const FieldDescriptor* field, FieldDescriptor::CppType type, bool repeated) {
  return field != nullptr && field->cpp_type() == type && field->is_repeated() == repeated;
}

// Finds the fields that `unwrap` reads; a type that has the name of a well-known one, but not its
// fields, is not one.
void FindInner(const Descriptor& type, std::string_view kind, ValuePlan* plan) {
  bool found = false;
  switch (plan->unwrap) {
    case Unwrap::kNone:
      return;
    case Unwrap::kWrapper:
      plan->inner = type.FindFieldByName("value");
      found =
          plan->inner != nullptr && !plan->inner->is_repeated() && plan->inner->type_name() == kind;
      break;
    case Unwrap::kNanos:
      plan->inner = type.FindFieldByName("seconds");
      plan->inner_nanos = type.FindFieldByName("nanos");
      found = Holds(plan->inner, FieldDescriptor::CPPTYPE_INT64, false) &&
              Holds(plan->inner_nanos, FieldDescriptor::CPPTYPE_INT32, false);
      break;
    case Unwrap::kTypeUrl:
      plan->inner = type.FindFieldByName("type_url");
      found = Holds(plan->inner, FieldDescriptor::CPPTYPE_STRING, false);
      break;
    case Unwrap::kFieldMask:
      plan->inner = type.FindFieldByName("paths");
      found = Holds(plan->inner, FieldDescriptor::CPPTYPE_STRING, true);
      break;
  }
  if (!found) plan->unwrap = Unwrap::kNone;
}

// The rule that a violation's id names: "gt" for "gt_lt", "email" for "email_empty".
std::string_view RuleOf(std::string_view name) {
  if (name.starts_with("gt_lt")) return "gt";
  if (name.starts_with("gte_lt")) return "gte";
  if (name.ends_with("_empty")) name.remove_suffix(sizeof("_empty") - 1);
  return name.substr(0, name.find('.'));
}

bool AsksForTime(Op op) {
  return op == Op::kNotAfterNow || op == Op::kNotBeforeNow || op == Op::kWithinNow;
}

}  // namespace

std::string_view KindOf(const FieldDescriptor& field) {
  if (const WellKnownType* known = FindWellKnown(field)) return known->kind;
  switch (field.type()) {
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return "";
    case FieldDescriptor::TYPE_ENUM:
      return "enum";
    default:
      return field.type_name();  // the names of FieldRules' members are the language's own
  }
}

std::string TypeInWords(const FieldDescriptor& field) {
  if (field.is_map()) return "a map";
  const char* prefix = field.is_repeated() ? "a list of type " : "a field of type ";
  if (field.message_type() != nullptr)
    return absl::StrCat(prefix, field.message_type()->full_name());
  if (field.enum_type() != nullptr) return absl::StrCat(prefix, field.enum_type()->full_name());
  return absl::StrCat(prefix, field.type_name());
}

ValuePlan PlanWithoutRules(const FieldDescriptor& field) {
  ValuePlan plan;
  plan.shape = ShapeOf(field);
  if (const WellKnownType* known = FindWellKnown(field)) {
    plan.unwrap = known->unwrap;
    FindInner(*field.message_type(), known->kind, &plan);
  }
  return plan;
}

void CompileIgnore(RuleView& rules, const Site& site, bool* skip_zero, bool* skip) {
  const std::optional<int64_t> ignore = rules.Number("ignore", int64_t{});
  if (!ignore || *ignore == 0) return;
  if (*ignore == 1) {
    *skip_zero = true;
  } else if (*ignore == 3) {
    *skip = true;
  } else {
    site.Add(absl::StrCat("`", rules.PathOf("ignore"), "`: ", *ignore, " is not supported"));
  }
}

ValueBuilder::ValueBuilder(ProgramData* data, const FieldDescriptor& field, std::string_view kind,
                           std::string path, const Site& site, ValuePlan* plan)
    : data_(data), field_(field), kind_(kind), path_(std::move(path)), site_(site), plan_(plan) {
  plan_->first_check = plan_->end_check = static_cast<uint32_t>(data_->checks.size());
}

uint32_t ValueBuilder::AddText(std::string_view name, std::string message) {
  std::string id = kind_;
  id.push_back('.');
  id.append(name);
  const std::string_view rule = RuleOf(name);
  data_->texts.push_back({std::move(id), std::move(message),
                          absl::StrCat(path_, ".", absl::string_view(rule.data(), rule.size()))});
  return static_cast<uint32_t>(data_->texts.size() - 1);
}

void ValueBuilder::AddConstant(std::string_view name, std::string shown) {
  data_->texts.back().constants.emplace_back(name, std::move(shown));
}

Check& ValueBuilder::AddCheck(Op op, std::string_view name, std::string message) {
  Check check;
  check.op = op;
  check.text = AddText(name, std::move(message));
  data_->checks.push_back(check);
  plan_->end_check = static_cast<uint32_t>(data_->checks.size());
  return data_->checks.back();
}

std::string ValueBuilder::FirstBroken(const Value& value, std::string_view except) const {
  const std::string left_out =
      absl::StrCat(kind_, ".", absl::string_view(except.data(), except.size()));
  for (uint32_t i = plan_->first_check; i != plan_->end_check; ++i) {
    const Check& check = data_->checks[i];
    if (AsksForTime(check.op) || data_->texts[check.text].id == left_out) continue;
    const uint32_t text = Broken(*data_, *plan_, check, value, {});
    if (text != kNone && !data_->texts[text].observed) return data_->texts[text].id;
  }
  return "";
}

void ValueBuilder::CheckConstants(const std::vector<Value>& constants,
                                  const std::vector<Value>& in) {
  for (const Value& constant : constants) {
    const std::string broken = FirstBroken(constant, "");
    if (!broken.empty())
      site_.Add(absl::StrCat("the value of `", kind_, ".const` breaks `", broken, "`"));
  }
  if (in.empty()) return;
  const bool none = std::all_of(in.begin(), in.end(), [this](const Value& value) {
    return !FirstBroken(value, "in").empty();
  });
  if (none) {
    site_.Add(absl::StrCat("no value of `", kind_, ".in` keeps the other rules; the first breaks `",
                           FirstBroken(in.front(), "in"), "`"));
  }
}

void ValueBuilder::CheckOnlyValue(const Value& value, std::string_view why) {
  const std::string broken = FirstBroken(value, "");
  if (!broken.empty()) {
    site_.Add(
        absl::StrCat(absl::string_view(why.data(), why.size()), ", and it breaks `", broken, "`"));
  }
}

namespace {

void CompileKindRules(RuleView& rules, std::string_view kind, const FieldDescriptor& field,
                      ValueBuilder& out) {
  rules.Skip("example");
  if (kind == "string") return CompileStringRules(rules, out);
  if (kind == "bytes") return CompileBytesRules(rules, out);
  if (kind == "any") return CompileAnyRules(rules, out);
  if (kind == "field_mask") return CompileFieldMaskRules(rules, out);
  if (kind == "duration" || kind == "timestamp") return CompileTimeRules(rules, out);
  const bool wrapped = out.plan().unwrap == Unwrap::kWrapper;
  const Shape shape = ShapeOf(wrapped ? *out.plan().inner : field);
  if (shape == Shape::kInt) CompileIntRules(rules, out);
  if (shape == Shape::kUint) CompileUintRules(rules, out);
  if (shape == Shape::kDouble) CompileDoubleRules(rules, out);
}

}  // namespace

void CompileKind(RuleView& rules, RuleSource& source, const FieldDescriptor& field, bool sensitive,
                 const Site& site, ProgramData* data, ValuePlan* plan) {
  CelBuilder cel(data, site, TargetOfValue(field, sensitive));
  cel.AddRules(rules);
  plan->cel = cel.range();
  const std::string_view kind = KindOf(field);
  const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (kind.empty() || (is_message && plan->unwrap == Unwrap::kNone)) return;
  const Message* kind_rules = rules.Sub(kind);
  if (kind_rules == nullptr) return;
  RuleView view(*kind_rules, rules.PathOf(kind));
  ValueBuilder out(data, field, kind, rules.PathOf(kind), site, plan);
  CompileKindRules(view, kind, field, out);
  cel.AddPredefined(view, source);
  plan->cel = cel.range();
  view.ReportUnread(site, TypeInWords(field));
}

void CompileValue(const Message& rules, RuleSource& source, std::string_view path,
                  const FieldDescriptor& field, bool sensitive, const Site& site, ProgramData* data,
                  ValuePlan* plan) {
  RuleView view{rules, std::string(path)};
  view.Skip("required");  // an element is always set
  CompileIgnore(view, site, &plan->skip_zero, &plan->skip);
  CompileKind(view, source, field, sensitive, site, data, plan);
  view.ReportUnread(site, absl::StrCat("elements of ", TypeInWords(field)));
}

}  // namespace warden::rules
