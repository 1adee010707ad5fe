#include "interceptors/rules/rule_view.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "interceptors/rules/evaluate.h"

namespace warden::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr auto kBool = FieldDescriptor::CPPTYPE_BOOL;
constexpr auto kInt32 = FieldDescriptor::CPPTYPE_INT32;
constexpr auto kInt64 = FieldDescriptor::CPPTYPE_INT64;
constexpr auto kUint32 = FieldDescriptor::CPPTYPE_UINT32;
constexpr auto kUint64 = FieldDescriptor::CPPTYPE_UINT64;
constexpr auto kFloat = FieldDescriptor::CPPTYPE_FLOAT;
constexpr auto kDouble = FieldDescriptor::CPPTYPE_DOUBLE;
constexpr auto kEnum = FieldDescriptor::CPPTYPE_ENUM;
constexpr auto kString = FieldDescriptor::CPPTYPE_STRING;
constexpr auto kMessage = FieldDescriptor::CPPTYPE_MESSAGE;

// Nothing if the message is neither a Timestamp nor a Duration.
std::optional<Nanos> NanosOf(const Message& message) {
  const FieldDescriptor* seconds = message.GetDescriptor()->FindFieldByName("seconds");
  const FieldDescriptor* nanos = message.GetDescriptor()->FindFieldByName("nanos");
  if (seconds == nullptr || seconds->is_repeated() || seconds->cpp_type() != kInt64) return {};
  if (nanos == nullptr || nanos->is_repeated() || nanos->cpp_type() != kInt32) return {};
  return ReadNanos(message, *seconds, *nanos);
}

}  // namespace

void Problems::Add(const google::protobuf::FileDescriptor& file, std::string_view name,
                   std::string_view text) {
  lines_.push_back(file.name());
  absl::StrAppend(&lines_.back(), ": ", absl::string_view(name.data(), name.size()), ": ",
                  absl::string_view(text.data(), text.size()));
}

RuleView::RuleView(const Message& rules, std::string path)
    : rules_(rules), reflection_(*rules.GetReflection()), path_(std::move(path)) {
  reflection_.ListFields(rules, &unread_);
}

std::string RuleView::PathOf(std::string_view name) const {
  std::string path = path_;
  if (!path.empty()) path.push_back('.');
  path.append(name);
  return path;
}

const FieldDescriptor* RuleView::Take(std::string_view name, bool repeated,
                                      std::initializer_list<FieldDescriptor::CppType> types) {
  const auto found =
      std::find_if(unread_.begin(), unread_.end(), [&](const FieldDescriptor* field) {
        return !field->is_extension() && field->name() == name &&
               field->is_repeated() == repeated &&
               std::find(types.begin(), types.end(), field->cpp_type()) != types.end();
      });
  if (found == unread_.end()) return nullptr;
  const FieldDescriptor* field = *found;
  unread_.erase(found);
  return field;
}

std::optional<bool> RuleView::Bool(std::string_view name) {
  const FieldDescriptor* field = Take(name, false, {kBool});
  if (field == nullptr) return {};
  return reflection_.GetBool(rules_, field);
}

std::optional<uint64_t> RuleView::Size(std::string_view name) {
  const FieldDescriptor* field = Take(name, false, {kUint64});
  if (field == nullptr) return {};
  return reflection_.GetUInt64(rules_, field);
}

std::optional<std::string> RuleView::Text(std::string_view name) {
  const FieldDescriptor* field = Take(name, false, {kString});
  if (field == nullptr) return {};
  return reflection_.GetString(rules_, field);
}

std::optional<int64_t> RuleView::Number(std::string_view name, int64_t) {
  const FieldDescriptor* field = Take(name, false, {kInt32, kInt64, kEnum, kBool});
  if (field == nullptr) return {};
  switch (field->cpp_type()) {
    case kInt32:
      return reflection_.GetInt32(rules_, field);
    case kInt64:
      return reflection_.GetInt64(rules_, field);
    case kBool:
      return reflection_.GetBool(rules_, field);
    default:
      return reflection_.GetEnumValue(rules_, field);
  }
}

std::optional<uint64_t> RuleView::Number(std::string_view name, uint64_t) {
  const FieldDescriptor* field = Take(name, false, {kUint32, kUint64});
  if (field == nullptr) return {};
  if (field->cpp_type() == kUint32) return reflection_.GetUInt32(rules_, field);
  return reflection_.GetUInt64(rules_, field);
}

std::optional<double> RuleView::Number(std::string_view name, double) {
  const FieldDescriptor* field = Take(name, false, {kFloat, kDouble});
  if (field == nullptr) return {};
  if (field->cpp_type() == kFloat) {
    return static_cast<double>(reflection_.GetFloat(rules_, field));
  }
  return reflection_.GetDouble(rules_, field);
}

std::optional<Nanos> RuleView::Number(std::string_view name, Nanos) {
  const FieldDescriptor* field = Take(name, false, {kMessage});
  if (field == nullptr) return {};
  const std::optional<Nanos> nanos = NanosOf(reflection_.GetMessage(rules_, field));
  if (!nanos) unread_.push_back(field);
  return nanos;
}

std::vector<std::string> RuleView::Texts(std::string_view name) {
  std::vector<std::string> texts;
  const FieldDescriptor* field = Take(name, true, {kString});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    texts.push_back(reflection_.GetRepeatedString(rules_, field, i));
  }
  return texts;
}

std::vector<int64_t> RuleView::Numbers(std::string_view name, int64_t) {
  std::vector<int64_t> numbers;
  const FieldDescriptor* field = Take(name, true, {kInt32, kInt64, kEnum});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    if (field->cpp_type() == kEnum) {
      numbers.push_back(reflection_.GetRepeatedEnumValue(rules_, field, i));
      continue;
    }
    numbers.push_back(field->cpp_type() == kInt32 ? reflection_.GetRepeatedInt32(rules_, field, i)
                                                  : reflection_.GetRepeatedInt64(rules_, field, i));
  }
  return numbers;
}

std::vector<uint64_t> RuleView::Numbers(std::string_view name, uint64_t) {
  std::vector<uint64_t> numbers;
  const FieldDescriptor* field = Take(name, true, {kUint32, kUint64});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    numbers.push_back(field->cpp_type() == kUint32
                          ? reflection_.GetRepeatedUInt32(rules_, field, i)
                          : reflection_.GetRepeatedUInt64(rules_, field, i));
  }
  return numbers;
}

std::vector<double> RuleView::Numbers(std::string_view name, double) {
  std::vector<double> numbers;
  const FieldDescriptor* field = Take(name, true, {kFloat, kDouble});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    numbers.push_back(field->cpp_type() == kFloat
                          ? static_cast<double>(reflection_.GetRepeatedFloat(rules_, field, i))
                          : reflection_.GetRepeatedDouble(rules_, field, i));
  }
  return numbers;
}

std::vector<Nanos> RuleView::Numbers(std::string_view name, Nanos) {
  std::vector<Nanos> numbers;
  const FieldDescriptor* field = Take(name, true, {kMessage});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    const std::optional<Nanos> nanos = NanosOf(reflection_.GetRepeatedMessage(rules_, field, i));
    if (!nanos) {
      unread_.push_back(field);
      return {};
    }
    numbers.push_back(*nanos);
  }
  return numbers;
}

const Message* RuleView::Sub(std::string_view name) {
  const FieldDescriptor* field = Take(name, false, {kMessage});
  return field == nullptr ? nullptr : &reflection_.GetMessage(rules_, field);
}

std::vector<const Message*> RuleView::Subs(std::string_view name) {
  std::vector<const Message*> messages;
  const FieldDescriptor* field = Take(name, true, {kMessage});
  for (int i = 0; field != nullptr && i < reflection_.FieldSize(rules_, field); ++i) {
    messages.push_back(&reflection_.GetRepeatedMessage(rules_, field, i));
  }
  return messages;
}

bool RuleView::Has(std::string_view name) const {
  return std::any_of(unread_.begin(), unread_.end(), [name](const FieldDescriptor* field) {
    return !field->is_extension() && field->name() == name;
  });
}

void RuleView::Skip(std::string_view name) {
  unread_.erase(std::remove_if(unread_.begin(), unread_.end(),
                               [name](const FieldDescriptor* field) {
                                 return !field->is_extension() && field->name() == name;
                               }),
                unread_.end());
}

void RuleView::MarkRead(const FieldDescriptor& rule) {
  unread_.erase(std::remove(unread_.begin(), unread_.end(), &rule), unread_.end());
}

std::string RuleView::Unsupported(const FieldDescriptor& rule, std::string_view type) const {
  if (rule.is_extension()) {
    return absl::StrCat("the rule `", PathOf(absl::StrCat("(", rule.full_name(), ")")),
                        "` is not supported: its options have no `(buf.validate.predefined).cel`");
  }
  if (rule.containing_oneof() != nullptr && rule.containing_oneof()->name() == "type") {
    return absl::StrCat("`", PathOf(rule.name()), "` rules do not fit ",
                        absl::string_view(type.data(), type.size()));
  }
  return absl::StrCat("the rule `", PathOf(rule.name()), "` is not supported");
}

void RuleView::ReportUnread(const Site& site, std::string_view type) const {
  for (const FieldDescriptor* rule : unread_) site.Add(Unsupported(*rule, type));
  const auto& unknown = reflection_.GetUnknownFields(rules_);
  for (int i = 0; i < unknown.field_count(); ++i) {
    site.Add(absl::StrCat(
        "rule number ", unknown.field(i).number(), " of `", rules_.GetDescriptor()->full_name(),
        "` is not known: it is of a later version, or its proto is missing here"));
  }
}

}  // namespace warden::rules
