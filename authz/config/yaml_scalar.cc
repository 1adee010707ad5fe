#include "authz/config/yaml_scalar.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/problem.h"

namespace warden {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

constexpr std::string_view kDurationName = "google.protobuf.Duration";
constexpr std::string_view kTimestampName = "google.protobuf.Timestamp";
constexpr std::string_view kDurationForm = "a duration such as 500ms, 1.5s, 5m, 1h or 30d";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status Expected(std::string_view what, std::string_view text, bool quoted) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", absl::string_view(what.data(), what.size()), ", found ",
                   quoted ? "the text " : "", Quoted(text)));
}

template <typename T>
absl::StatusOr<ScalarValue> ParseInteger(std::string_view text, bool quoted) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // A leading zero means octal to some readers and decimal to others.
  if (quoted || digits.empty() || !std::all_of(digits.begin(), digits.end(), IsDigit) ||
      (digits.size() > 1 && digits.front() == '0')) {
    return Expected("a whole number, decimal and without quotes", text, quoted);
  }
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is out of range; expected ",
                                                   std::numeric_limits<T>::min(), " to ",
                                                   std::numeric_limits<T>::max()));
  }
  return ScalarValue(value);
}

template <typename T>
absl::StatusOr<ScalarValue> ParseFloat(std::string_view text, bool quoted) {
  const bool numeric = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  });
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (quoted || !numeric || error != std::errc() || stop != text.data() + text.size() ||
      !std::isfinite(value)) {
    return Expected("a finite decimal number without quotes", text, quoted);
  }
  return ScalarValue(value);
}

absl::StatusOr<ScalarValue> ParseBool(std::string_view text, bool quoted) {
  if (!quoted && text == "true") return ScalarValue(true);
  if (!quoted && text == "false") return ScalarValue(false);
  return Expected("true or false, without quotes", text, quoted);
}

absl::StatusOr<ScalarValue> ParseString(std::string_view text) {
  for (const char c : text) {
    if ((c >= 0 && c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      return absl::InvalidArgumentError(
          absl::StrCat("control characters are not allowed in ", Quoted(text)));
    }
  }
  return ScalarValue(std::string(text));
}

absl::StatusOr<ScalarValue> ParseEnum(const EnumDescriptor& type, std::string_view text) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0 && type.value(i)->name().ends_with("_UNSPECIFIED")) continue;
    names.push_back(type.value(i)->name());
    if (names.back() == text) return ScalarValue(int32_t{type.value(i)->number()});
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown value ", Quoted(text),
                                                 "; expected one of ", absl::StrJoin(names, ", ")));
}

}  // namespace

absl::StatusOr<ScalarValue> ParseScalar(const FieldDescriptor& field, std::string_view text,
                                        bool quoted) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        return absl::InvalidArgumentError("a bytes field cannot be written in YAML");
      }
      return ParseString(text);
    case FieldDescriptor::CPPTYPE_BOOL:
      return ParseBool(text, quoted);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ParseEnum(*field.enum_type(), text);
    case FieldDescriptor::CPPTYPE_INT32:
      return ParseInteger<int32_t>(text, quoted);
    case FieldDescriptor::CPPTYPE_INT64:
      return ParseInteger<int64_t>(text, quoted);
    case FieldDescriptor::CPPTYPE_UINT32:
      return ParseInteger<uint32_t>(text, quoted);
    case FieldDescriptor::CPPTYPE_UINT64:
      return ParseInteger<uint64_t>(text, quoted);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return ParseFloat<float>(text, quoted);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ParseFloat<double>(text, quoted);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return absl::InvalidArgumentError("expected a mapping");
}

bool IsScalarMessage(std::string_view message_full_name) {
  return message_full_name == kDurationName || message_full_name == kTimestampName;
}

absl::StatusOr<absl::Duration> ParseDurationText(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && (IsDigit(text[digits]) || text[digits] == '.')) ++digits;
  const std::string_view number = text.substr(0, digits);
  const std::string_view unit = text.substr(digits);
  const absl::Duration scale = unit == "ms"  ? absl::Milliseconds(1)
                               : unit == "s" ? absl::Seconds(1)
                               : unit == "m" ? absl::Minutes(1)
                               : unit == "h" ? absl::Hours(1)
                               : unit == "d" ? absl::Hours(24)
                                             : absl::ZeroDuration();
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                             std::chars_format::fixed);
  if (number.empty() || !IsDigit(number.front()) || !IsDigit(number.back()) ||
      error != std::errc() || stop != number.data() + number.size()) {
    return Expected(kDurationForm, text, false);
  }
  if (scale == absl::ZeroDuration()) {
    const std::string hint =
        unit.empty() ? "; a unit is missing" : "; the unit is not one of ms, s, m, h, d";
    return absl::InvalidArgumentError(
        absl::StrCat(Expected(kDurationForm, text, false).message(), hint));
  }
  // Whole numbers exactly; a fraction to the nanosecond.
  const absl::Duration duration = value == std::floor(value) && value < 1e15
                                      ? scale * static_cast<int64_t>(value)
                                      : scale * value;
  if (duration > absl::Hours(24 * 36525)) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is out of range; at most 100 years"));
  }
  return duration;
}

absl::Status ParseScalarMessage(std::string_view text, google::protobuf::Message* out) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  if (out->GetDescriptor()->full_name() == kDurationName) {
    const absl::StatusOr<absl::Duration> duration = ParseDurationText(text);
    if (!duration.ok()) return duration.status();
    absl::Duration rest;
    seconds = absl::IDivDuration(*duration, absl::Seconds(1), &rest);
    nanos = static_cast<int32_t>(absl::ToInt64Nanoseconds(rest));
  } else {
    absl::Time time;
    std::string error;
    // absl also takes spaces around, "infinite-past" and years of any length.
    if (text.size() < 20 || text.size() > 40 || !IsDigit(text.front()) || text[4] != '-' ||
        text.find(' ') != std::string_view::npos ||
        !absl::ParseTime(absl::RFC3339_full, absl::string_view(text.data(), text.size()), &time,
                         &error)) {
      return Expected("a time such as 2030-01-31T00:00:00Z", text, false);
    }
    seconds = absl::ToUnixSeconds(time);
    nanos = static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
  }
  const google::protobuf::Reflection* reflection = out->GetReflection();
  reflection->SetInt64(out, out->GetDescriptor()->FindFieldByName("seconds"), seconds);
  reflection->SetInt32(out, out->GetDescriptor()->FindFieldByName("nanos"), nanos);
  return absl::OkStatus();
}

}  // namespace warden
