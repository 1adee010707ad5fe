#include "interceptors/redact/redacted.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/redact/linked_types.h"
#include "interceptors/redact/sensitivity.h"
#include "interceptors/rules/map_walk.h"

namespace warden {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using rules::Value;

constexpr std::string_view kCut = "...";
constexpr std::string_view kHidden = "[REDACTED]";
constexpr int kMaxDepth = 100;
constexpr int kMaxAnyDepth = 8;
constexpr size_t kMaxAnyBytes = 64 * 1024;  // each is parsed to be shown

// How deep: in messages, and in Anys within Anys.
struct Depth {
  int messages = 0;
  int anys = 0;
};

class Printer {
 public:
  explicit Printer(const RedactOptions& options) : options_(options) {}

  void PrintFields(const Message& message, Depth depth);
  std::string Take();

 private:
  void PrintField(const Message& message, const FieldDescriptor& field, Depth depth);
  void PrintMap(const Message& message, const FieldDescriptor& field, Depth depth);
  void PrintValue(const Message& message, const FieldDescriptor& field, int index, Depth depth);
  void PrintMapped(const FieldDescriptor& field, const Value& value, Depth depth);
  void PrintMessage(const Message& message, Depth depth);
  void PrintAny(const Message& any, Depth depth);
  void PrintEnum(const FieldDescriptor& field, int number);
  void PrintText(std::string_view text);
  void Name(const FieldDescriptor& field, bool colon);
  void Put(std::string_view text);
  bool full() const { return text_.size() > options_.max_bytes; }

  const RedactOptions& options_;
  std::string text_;
};

// Of what would exceed the bound, no more than a value is ever put.
void Printer::Put(std::string_view text) {
  if (!full()) text_.append(text);
}

std::string Printer::Take() {
  if (full()) {
    text_.resize(options_.max_bytes - std::min(options_.max_bytes, kCut.size()));
    text_.append(kCut.substr(0, options_.max_bytes));
  } else if (!text_.empty() && text_.back() == ' ') {
    text_.pop_back();
  }
  return std::move(text_);
}

void Printer::Name(const FieldDescriptor& field, bool colon) {
  if (field.is_extension()) Put("[");
  Put(field.is_extension() ? field.full_name() : field.name());
  if (field.is_extension()) Put("]");
  Put(colon ? ": " : " ");
}

void Printer::PrintText(std::string_view text) {
  const bool cut = text.size() > options_.max_value_bytes;
  Put("\"");
  for (const char c : text.substr(0, options_.max_value_bytes)) {
    if (full()) return;
    if (c == '"' || c == '\\') {
      Put("\\");
      Put({&c, 1});
    } else if (c >= ' ' && c <= '~') {
      Put({&c, 1});
    } else {
      constexpr char kDigits[] = "01234567";
      const auto byte = static_cast<unsigned char>(c);
      const char escaped[] = {'\\', kDigits[byte >> 6], kDigits[byte >> 3 & 7], kDigits[byte & 7]};
      Put({escaped, sizeof(escaped)});
    }
  }
  Put("\"");
  if (cut) Put(kCut);
}

void Printer::PrintEnum(const FieldDescriptor& field, int number) {
  const auto* value = field.enum_type()->FindValueByNumber(number);
  Put(value != nullptr ? value->name() : absl::StrCat(number));
}

void Printer::PrintMessage(const Message& message, Depth depth) {
  Put("{ ");
  PrintFields(message, {depth.messages + 1, depth.anys});
  Put("}");
}

// `index` is -1 of a field that is not repeated.
void Printer::PrintValue(const Message& message, const FieldDescriptor& field, int index,
                         Depth depth) {
  const Reflection& get = *message.GetReflection();
  const bool one = index < 0;
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Put(absl::StrCat(one ? get.GetInt32(message, &field)
                                  : get.GetRepeatedInt32(message, &field, index)));
    case FieldDescriptor::CPPTYPE_INT64:
      return Put(absl::StrCat(one ? get.GetInt64(message, &field)
                                  : get.GetRepeatedInt64(message, &field, index)));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Put(absl::StrCat(one ? get.GetUInt32(message, &field)
                                  : get.GetRepeatedUInt32(message, &field, index)));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Put(absl::StrCat(one ? get.GetUInt64(message, &field)
                                  : get.GetRepeatedUInt64(message, &field, index)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Put(absl::StrCat(one ? get.GetDouble(message, &field)
                                  : get.GetRepeatedDouble(message, &field, index)));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Put(absl::StrCat(one ? get.GetFloat(message, &field)
                                  : get.GetRepeatedFloat(message, &field, index)));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Put((one ? get.GetBool(message, &field) : get.GetRepeatedBool(message, &field, index))
                     ? "true"
                     : "false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return PrintEnum(field, one ? get.GetEnumValue(message, &field)
                                  : get.GetRepeatedEnumValue(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return PrintText(one ? get.GetStringReference(message, &field, &scratch)
                           : get.GetRepeatedStringReference(message, &field, index, &scratch));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PrintMessage(
          one ? get.GetMessage(message, &field) : get.GetRepeatedMessage(message, &field, index),
          depth);
  }
}

// A key or value of a map.
void Printer::PrintMapped(const FieldDescriptor& field, const Value& value, Depth depth) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return Put(absl::StrCat(value.i));
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Put(absl::StrCat(value.u));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Put(absl::StrCat(value.d));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Put(value.i != 0 ? "true" : "false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return PrintEnum(field, static_cast<int>(value.i));
    case FieldDescriptor::CPPTYPE_STRING:
      return PrintText(value.text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PrintMessage(*value.message, depth);
  }
}

void Printer::PrintMap(const Message& message, const FieldDescriptor& field, Depth depth) {
  const google::protobuf::Descriptor& entry = *field.message_type();
  const auto each = [&](const Value& key, const Value& value) {
    Name(field, false);
    Put("{ key: ");
    PrintMapped(*entry.map_key(), key, depth);
    const bool is_message = entry.map_value()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    Put(is_message ? " value " : " value: ");
    PrintMapped(*entry.map_value(), value, depth);
    Put(" } ");
    return !full();
  };
  rules::WalkMap(message, field, rules::ValuePlan{.shape = rules::Shape::kMessage}, each);
}

void Printer::PrintField(const Message& message, const FieldDescriptor& field, Depth depth) {
  if (const SensitiveClass sensitive = SensitivityOf(field); sensitive != SensitiveClass::kNone) {
    Name(field, true);
    Put(RedactionMark(sensitive));
    return Put(" ");
  }
  if (field.is_map()) return PrintMap(message, field, depth);
  const bool colon = field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
  const int size = field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) : 1;
  for (int i = 0; i < size && !full(); ++i) {
    Name(field, colon);
    PrintValue(message, field, field.is_repeated() ? i : -1, depth);
    Put(" ");
  }
}

// REQUIRES: `any` has the fields of google.protobuf.Any.
void Printer::PrintAny(const Message& any, Depth depth) {
  const Reflection& get = *any.GetReflection();
  const std::string url = get.GetString(any, any.GetDescriptor()->FindFieldByNumber(1));
  std::string scratch;
  const std::string& bytes =
      get.GetStringReference(any, any.GetDescriptor()->FindFieldByNumber(2), &scratch);
  if (url.empty() && bytes.empty()) return;
  const Message* const prototype = redact::LinkedType(url);
  std::unique_ptr<Message> inside;
  if (prototype != nullptr && depth.anys < kMaxAnyDepth && bytes.size() <= kMaxAnyBytes) {
    inside.reset(prototype->New());
    if (!inside->ParsePartialFromString(bytes)) inside = nullptr;
  }
  if (inside == nullptr) {
    // The URL is the sender's own text, and may say what it likes.
    if (prototype != nullptr) Put(absl::StrCat("[", prototype->GetDescriptor()->full_name(), "] "));
    Put(kHidden);
    return Put(" ");
  }
  Put(absl::StrCat("[", inside->GetDescriptor()->full_name(), "] { "));
  PrintFields(*inside, {depth.messages + 1, depth.anys + 1});
  Put("} ");
}

bool IsAny(const google::protobuf::Descriptor& type) {
  const auto is = [&type](int number, FieldDescriptor::Type kind) {
    const FieldDescriptor* field = type.FindFieldByNumber(number);
    return field != nullptr && field->type() == kind && !field->is_repeated();
  };
  return type.full_name() == "google.protobuf.Any" && is(1, FieldDescriptor::TYPE_STRING) &&
         is(2, FieldDescriptor::TYPE_BYTES);
}

void Printer::PrintFields(const Message& message, Depth depth) {
  if (full()) return;
  if (depth.messages > kMaxDepth) {
    Put(kHidden);
    return Put(" ");
  }
  if (IsAny(*message.GetDescriptor())) return PrintAny(message, depth);
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (full()) return;
    PrintField(message, *field, depth);
  }
  const int unknown = message.GetReflection()->GetUnknownFields(message).field_count();
  if (unknown > 0) Put(absl::StrCat("[UNKNOWN FIELDS:", unknown, "] "));
}

}  // namespace

std::string Redacted(const Message& message, const RedactOptions& options) noexcept {
  try {
    Printer printer(options);
    printer.PrintFields(message, {});
    return printer.Take();
  } catch (...) {
    // Short enough to need no memory.
    return std::string(kHidden);
  }
}

}  // namespace warden
