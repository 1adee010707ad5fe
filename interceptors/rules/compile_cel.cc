#include "interceptors/rules/compile_cel.h"

#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/condition/containers.h"
#include "interceptors/rules/cel_functions.h"
#include "interceptors/rules/cel_rule.h"
#include "warden/v1/annotations.pb.h"

namespace warden::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// It becomes a label of metrics.
constexpr size_t kMostId = 200;

bool HasSensitive(const Descriptor& type, std::set<const Descriptor*>* seen) {
  if (!seen->insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const google::protobuf::FieldOptions& options = field.options();
    if (options.GetExtension(v1::sensitive) || options.HasExtension(v1::sensitivity)) return true;
    if (field.message_type() != nullptr && HasSensitive(*field.message_type(), seen)) return true;
  }
  return false;
}

bool HoldsSensitive(const FieldDescriptor& field) {
  std::set<const Descriptor*> seen;
  return field.message_type() != nullptr && HasSensitive(*field.message_type(), &seen);
}

CelThis KindOfScalar(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_ENUM:
      return CelThis::kInt;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return CelThis::kUint;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return CelThis::kDouble;
    case FieldDescriptor::CPPTYPE_BOOL:
      return CelThis::kBool;
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? CelThis::kBytes : CelThis::kString;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CelThis::kMessage;
  }
  return CelThis::kMessage;
}

condition::Type TypeOfValue(const FieldDescriptor& field) {
  condition::Type type = condition::Type::OfField(field);
  if (field.is_map() || !field.is_repeated()) return type;
  return type.of[0];
}

}  // namespace

CelTarget TargetOfMessage(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  return {condition::Type::OfMessage(type), CelThis::kMessage, &type, HasSensitive(type, &seen),
          false};
}

CelTarget TargetOfValue(const FieldDescriptor& field, bool sensitive) {
  return {TypeOfValue(field), KindOfScalar(field), field.containing_type(),
          sensitive || HoldsSensitive(field)};
}

CelTarget TargetOfContainer(const FieldDescriptor& field, bool sensitive) {
  return {condition::Type::OfField(field), CelThis::kField, field.containing_type(),
          sensitive || HoldsSensitive(field)};
}

CelBuilder::CelBuilder(ProgramData* data, const Site& site, CelTarget target)
    : data_(data),
      site_(site),
      target_(std::move(target)),
      first_(static_cast<uint32_t>(data->cel.size())) {}

CelRange CelBuilder::range() const { return {first_, static_cast<uint32_t>(data_->cel.size())}; }

CelBuilder::Condition CelBuilder::Read(const Message& rule, const std::string& path) const {
  RuleView view(rule, path);
  Condition condition;
  condition.id = view.Text("id").value_or("");
  condition.message = view.Text("message").value_or("");
  condition.expression = view.Text("expression").value_or("");
  condition.path = path;
  condition.place = condition.id.empty() ? absl::StrCat("`", path, "`")
                                         : absl::StrCat("`", path, "` (", condition.id, ")");
  view.ReportUnread(site_, "a condition");
  return condition;
}

void CelBuilder::AddRules(RuleView& rules) {
  const std::vector<const Message*> conditions = rules.Subs("cel");
  for (size_t i = 0; i < conditions.size(); ++i) {
    Add(Read(*conditions[i], rules.PathOf(absl::StrCat("cel[", i, "]"))), nullptr);
  }
  const std::vector<std::string> expressions = rules.Texts("cel_expression");
  for (size_t i = 0; i < expressions.size(); ++i) {
    const std::string path = rules.PathOf(absl::StrCat("cel_expression[", i, "]"));
    Add({expressions[i], "", expressions[i], path, absl::StrCat("`", path, "`")}, nullptr);
  }
}

void CelBuilder::AddPredefined(RuleView& rules, RuleSource& source) {
  const std::vector<const FieldDescriptor*> unread = rules.unread();
  for (const FieldDescriptor* rule : unread) {
    const absl::StatusOr<const Message*> meaning = source.ForPredefined(*rule);
    if (!meaning.ok()) {
      site_.Add(absl::StrCat("`", rule->full_name(), "` ", meaning.status().message()));
      rules.MarkRead(*rule);
      continue;
    }
    if (*meaning == nullptr) continue;
    const std::string path = rules.PathOf(
        rule->is_extension() ? absl::StrCat("[", rule->full_name(), "]") : rule->name());
    RuleView view(**meaning, path);
    const std::vector<const Message*> conditions = view.Subs("cel");
    if (conditions.empty()) continue;  // then it is not supported
    const Predefined predefined{rules.message(), *rule};
    for (const Message* condition : conditions) Add(Read(*condition, path), &predefined);
    view.ReportUnread(site_, "a predefined rule");
    rules.MarkRead(*rule);
  }
}

void CelBuilder::Add(const Condition& condition, const Predefined* predefined) {
  if (condition.expression.empty()) {
    return site_.Add(absl::StrCat(condition.place, ": `expression` is missing"));
  }
  if (condition.id.empty()) {
    return site_.Add(
        absl::StrCat(condition.place, ": `id` is missing: violations are known by it"));
  }
  if (condition.id.size() > kMostId) {
    return site_.Add(absl::StrCat("`", condition.path,
                                  "`: violations are known, and counted, by an id of at most ",
                                  kMostId, " bytes; give it a shorter `id` in `cel`"));
  }
  CelRule rule;
  if (!Compile(condition, MakeEnvironment(predefined), &rule)) return;
  RuleText text;
  text.id = condition.id;
  text.message = condition.message;
  if (text.message.empty()) {
    // What a sensitive value is compared with may be as telling as the value.
    text.message = target_.sensitive
                       ? "is not valid"
                       : absl::StrCat("\"", ShowSaid(condition.expression), "\" returned false");
  }
  if (target_.of_field) text.path = condition.path;
  rule.text = static_cast<uint32_t>(data_->texts.size());
  rule.subject = target_.kind;
  rule.shows_text = condition.message.empty() && !target_.sensitive;
  data_->texts.push_back(std::move(text));
  data_->uses_clock |= rule.expression.Needs(kCelNow);
  data_->keeps_options |= predefined != nullptr;
  data_->cel.push_back(std::move(rule));
}

condition::Environment CelBuilder::MakeEnvironment(const Predefined* predefined) {
  condition::Environment environment;
  environment.AddVariable("this", target_.type);
  environment.AddVariable("now", condition::Type::Of(condition::Kind::kTimestamp));
  environment.AddFunctions(CelFunctions());
  if (target_.scope != nullptr) environment.AddScope(*target_.scope);
  if (predefined == nullptr) return environment;
  // The values point into the options, which the program then keeps.
  condition::Context context;
  environment.AddConstant("rules", condition::Type::OfMessage(*predefined->rules.GetDescriptor()),
                          condition::ReadMessage(context, predefined->rules));
  environment.AddConstant("rule", condition::Type::OfField(predefined->rule),
                          condition::ReadField(context, predefined->rules, predefined->rule));
  return environment;
}

bool CelBuilder::Compile(const Condition& condition, const condition::Environment& environment,
                         CelRule* rule) const {
  std::vector<condition::ExpressionProblem> problems;
  std::optional<condition::Expression> expression =
      condition::Expression::Compile(condition.expression, environment, &problems);
  for (const condition::ExpressionProblem& problem : problems) {
    site_.Add(absl::StrCat(condition.place, ", at ", condition::ToString(problem)));
  }
  if (!expression.has_value()) return false;
  const condition::Type& type = expression->type();
  if (!type.is_dyn() && type.kind != condition::Kind::kBool &&
      type.kind != condition::Kind::kString) {
    site_.Add(absl::StrCat(condition.place, ": a condition gives a bool or a string; this gives ",
                           condition::ToString(type)));
    return false;
  }
  rule->expression = *std::move(expression);
  return true;
}

}  // namespace warden::rules
