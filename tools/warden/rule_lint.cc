#include "tools/warden/rule_lint.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "interceptors/normalize/text_forms.h"
#include "interceptors/redact/sensitivity.h"
#include "interceptors/rules/rule_source.h"
#include "tools/warden/pattern_length.h"
#include "tools/warden/rule_place.h"
#include "warden/v1/annotations.pb.h"

namespace warden::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::vector<const Descriptor*> Reachable(const Descriptor& root) {
  std::vector<const Descriptor*> types = {&root};
  std::set<const Descriptor*> seen = {&root};
  for (size_t i = 0; i < types.size(); ++i) {
    const Descriptor& type = *types[i];
    for (int j = 0; j < type.field_count(); ++j) {
      const Descriptor* inside = type.field(j)->message_type();
      if (inside != nullptr && seen.insert(inside).second) types.push_back(inside);
    }
  }
  return types;
}

class Linter {
 public:
  Linter(const FieldDescriptor& field, std::vector<RuleFinding>* findings)
      : field_(field), findings_(findings) {}

  void Lint(const v1::FieldRules& rules);

 private:
  void Add(std::string_view rule, std::string_view id, const std::string& message) {
    findings_->push_back(
        {rule, PlaceOfRule(field_, id), absl::StrCat(field_.full_name(), ": ", message)});
  }
  // `rules` of the field, its items, keys or values.
  void LintElement(const v1::FieldRules& rules);
  void LintString(const v1::StringRules& rules);
  void LintPattern(const v1::StringRules& rules);
  void LintSafe(const v1::StringRules& rules);
  void LintForms(const v1::StringRules& rules);
  void LintIgnored(const v1::FieldRules& rules);
  void LintSensitive(const v1::FieldRules& rules);

  const FieldDescriptor& field_;
  std::vector<RuleFinding>* const findings_;
};

void Linter::Lint(const v1::FieldRules& rules) {
  if (rules.required() && field_.options().ExtensionSize(v1::writable_by) > 0) {
    Add(kRequiredWritable, "required",
        "`required` with `writable_by`: who may not set the field cannot call at all; ask for the "
        "permission of the method instead");
  }
  LintElement(rules);
  if (rules.has_repeated()) LintElement(rules.repeated().items());
  if (rules.has_map()) {
    LintElement(rules.map().keys());
    LintElement(rules.map().values());
  }
}

void Linter::LintElement(const v1::FieldRules& rules) {
  LintIgnored(rules);
  if (rules.ignore() == v1::IGNORE_ALWAYS) return;
  if (rules.has_string()) LintString(rules.string());
  if (IsSensitive(field_)) LintSensitive(rules);
}

void Linter::LintIgnored(const v1::FieldRules& rules) {
  if (rules.ignore() != v1::IGNORE_ALWAYS) return;
  const bool others = rules.type_case() != v1::FieldRules::TYPE_NOT_SET || rules.required() ||
                      rules.cel_size() > 0 || rules.cel_expression_size() > 0;
  if (others) {
    Add(kRuleIgnored, "ignore", "has rules that `ignore: IGNORE_ALWAYS` switches off");
  }
}

void Linter::LintString(const v1::StringRules& rules) {
  if (rules.has_pattern()) LintPattern(rules);
  if (rules.safe_size() > 0) LintSafe(rules);
  if (rules.normalize_size() > 0) LintForms(rules);
}

struct Bounds {
  uint64_t min_chars = 0;
  uint64_t max_chars = PatternLength::kUnbounded;
  uint64_t min_bytes = 0;
  uint64_t max_bytes = PatternLength::kUnbounded;
};

Bounds BoundsOf(const v1::StringRules& rules) {
  Bounds bounds;
  bounds.min_chars = std::max(rules.min_len(), rules.len());
  bounds.min_bytes = std::max(rules.min_bytes(), rules.len_bytes());
  if (rules.has_max_len()) bounds.max_chars = rules.max_len();
  if (rules.has_len()) bounds.max_chars = std::min(bounds.max_chars, rules.len());
  if (rules.has_max_bytes()) bounds.max_bytes = rules.max_bytes();
  if (rules.has_len_bytes()) bounds.max_bytes = std::min(bounds.max_bytes, rules.len_bytes());
  return bounds;
}

void Linter::LintPattern(const v1::StringRules& rules) {
  const Bounds bounds = BoundsOf(rules);
  const std::optional<PatternLength> length = LengthOf(rules.pattern());
  if (length.has_value()) {
    // A character has one to four bytes.
    if (length->min > bounds.max_chars || length->min > bounds.max_bytes) {
      Add(kRuleContradiction, "string.pattern",
          absl::StrCat("what `string.pattern` matches has at least ", length->min,
                       length->min == 1 ? " character" : " characters",
                       ", more than the field may have"));
    }
    const uint64_t most_bytes =
        length->max > PatternLength::kUnbounded / 4 ? PatternLength::kUnbounded : length->max * 4;
    if (length->max < bounds.min_chars || most_bytes < bounds.min_bytes) {
      Add(kRuleContradiction, "string.pattern",
          absl::StrCat("what `string.pattern` matches has at most ", length->max,
                       length->max == 1 ? " character" : " characters",
                       ", fewer than the field must have"));
    }
  }
  if (rules.has_prefix() && Excludes(rules.pattern(), rules.prefix())) {
    Add(kRuleContradiction, "string.pattern",
        "`string.pattern` matches nothing that begins with `string.prefix`");
  }
}

// The formats whose characters make up none of the attacks.
bool IsPlainFormat(v1::StringRules::WellKnownCase format) {
  switch (format) {
    case v1::StringRules::kHostname:
    case v1::StringRules::kIpv4:
    case v1::StringRules::kUuid:
    case v1::StringRules::kTuuid:
    case v1::StringRules::kUlid:
    case v1::StringRules::kPhone:
    case v1::StringRules::kProtobufFqn:
    case v1::StringRules::kProtobufDotFqn:
    case v1::StringRules::kIpv4Prefix:
    case v1::StringRules::kIpv4WithPrefixlen:
      return true;
    default:
      return false;
  }
}

void Linter::LintSafe(const v1::StringRules& rules) {
  const char* why = nullptr;
  if (rules.has_const_() || rules.in_size() > 0) {
    why = "the values are listed";
  } else if (IsPlainFormat(rules.well_known_case())) {
    why = "the format lets nothing of the kind through";
  }
  if (why == nullptr) return;
  Add(kSafeWithoutEffect, "string.safe", absl::StrCat("`string.safe` has no effect: ", why));
}

void Linter::LintForms(const v1::StringRules& rules) {
  std::vector<normalize::Step> steps;
  for (const int number : rules.normalize()) {
    const auto step = static_cast<normalize::Step>(number);
    const bool known = number > 0 && number <= v1::Normalization_MAX;
    if (!known || (normalize::NeedsUnicode(step) && !normalize::HasUnicode())) return;
    steps.push_back(step);
  }
  std::vector<std::pair<const char*, std::string>> constants;
  if (rules.has_const_()) constants.emplace_back("const", rules.const_());
  for (const std::string& value : rules.in()) constants.emplace_back("in", value);
  for (const std::string& value : rules.not_in()) constants.emplace_back("not_in", value);
  for (const auto& [name, value] : constants) {
    std::string form;
    if (normalize::Normalize(value, steps, &form) != normalize::Outcome::kChanged) continue;
    return Add(kNormalizeConstant, absl::StrCat("string.", name),
               absl::StrCat("`string.", name,
                            "` has a value that no value equals after `string.normalize`"));
  }
}

// `const`, `in` and the like of whichever kind of rules there is.
void Linter::LintSensitive(const v1::FieldRules& rules) {
  const FieldDescriptor* kind = rules.GetReflection()->GetOneofFieldDescriptor(
      rules, v1::FieldRules::descriptor()->FindOneofByName("type"));
  if (kind == nullptr || kind->name() == "repeated" || kind->name() == "map") return;
  const Message& inner = rules.GetReflection()->GetMessage(rules, kind);
  for (const char* name : {"const", "in", "not_in", "example"}) {
    const FieldDescriptor* rule = inner.GetDescriptor()->FindFieldByName(name);
    if (rule == nullptr) continue;
    const bool set = rule->is_repeated() ? inner.GetReflection()->FieldSize(inner, rule) > 0
                                         : inner.GetReflection()->HasField(inner, rule);
    if (!set) continue;
    const std::string id = absl::StrCat(kind->name(), ".", name);
    Add(kSensitiveConstant, id,
        absl::StrCat("`", id, "` names values of a sensitive field, for whoever reads the .proto"));
  }
}

// The field's rules as Warden's, whichever dialect they are in: the two have the same numbers.
std::optional<v1::FieldRules> RulesOf(const FieldDescriptor& field, rules::RuleSource& buf_source) {
  if (field.options().HasExtension(v1::rules)) return field.options().GetExtension(v1::rules);
  const absl::StatusOr<const Message*> found = buf_source.ForField(field);
  v1::FieldRules rules;
  if (!found.ok() || *found == nullptr ||
      !rules.ParsePartialFromString((*found)->SerializePartialAsString())) {
    return std::nullopt;
  }
  return rules;
}

}  // namespace

std::vector<RuleFinding> LintRulesOf(const Descriptor& root) {
  std::vector<RuleFinding> findings;
  const std::unique_ptr<rules::RuleSource> buf = rules::MakeBufSource(*root.file()->pool());
  for (const Descriptor* type : Reachable(root)) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      const std::optional<v1::FieldRules> rules = RulesOf(field, *buf);
      if (rules.has_value()) Linter(field, &findings).Lint(*rules);
    }
  }
  return findings;
}

}  // namespace warden::cli
