// Conversions between types; see functions.h.
#include <charconv>
#include <cmath>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "authz/condition/functions.h"
#include "authz/condition/text_literal.h"
#include "authz/condition/type.h"

namespace warden::condition {
namespace {

constexpr char kRange[] = "a number outside of the type's range";
constexpr char kUnreadable[] = "a text that does not say a value of the type";

template <typename T>
bool ReadAll(std::string_view text, T* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

Value ToInt(Context&, const Value* args, const void*) {
  const Value& from = args[0];
  int64_t i = 0;
  switch (from.kind) {
    case Kind::kInt:
      return from;
    case Kind::kUint:
      return from.u > static_cast<uint64_t>(INT64_MAX) ? Value::Error(kRange)
                                                       : Value::Int(static_cast<int64_t>(from.u));
    case Kind::kDouble:
      // Both ends are left out: a double that is so near to them may have been rounded.
      if (!(from.d > -9223372036854775808.0 && from.d < 9223372036854775808.0)) {
        return Value::Error(kRange);
      }
      return Value::Int(static_cast<int64_t>(from.d));
    case Kind::kString:
      return ReadAll(from.view(), &i) ? Value::Int(i) : Value::Error(kUnreadable);
    case Kind::kTimestamp:
      return Value::Int(from.i);
    default:
      return Value::Error(kNoOverload);
  }
}

Value ToUint(Context&, const Value* args, const void*) {
  const Value& from = args[0];
  uint64_t u = 0;
  switch (from.kind) {
    case Kind::kInt:
      return from.i < 0 ? Value::Error(kRange) : Value::Uint(static_cast<uint64_t>(from.i));
    case Kind::kUint:
      return from;
    case Kind::kDouble:
      if (!(from.d >= 0 && from.d < 18446744073709551616.0)) return Value::Error(kRange);
      return Value::Uint(static_cast<uint64_t>(from.d));
    case Kind::kString:
      return ReadAll(from.view(), &u) ? Value::Uint(u) : Value::Error(kUnreadable);
    default:
      return Value::Error(kNoOverload);
  }
}

Value ToDouble(Context&, const Value* args, const void*) {
  const Value& from = args[0];
  double d = 0;
  switch (from.kind) {
    case Kind::kInt:
      return Value::Double(static_cast<double>(from.i));
    case Kind::kUint:
      return Value::Double(static_cast<double>(from.u));
    case Kind::kDouble:
      return from;
    case Kind::kString:
      return ReadAll(from.view(), &d) ? Value::Double(d) : Value::Error(kUnreadable);
    default:
      return Value::Error(kNoOverload);
  }
}

Value ToBool(Context&, const Value* args, const void*) {
  if (args[0].kind == Kind::kBool) return args[0];
  if (args[0].kind != Kind::kString) return Value::Error(kNoOverload);
  const std::string_view text = args[0].view();
  for (const std::string_view yes : {"1", "t", "true", "TRUE", "True"}) {
    if (text == yes) return Value::Bool(true);
  }
  for (const std::string_view no : {"0", "f", "false", "FALSE", "False"}) {
    if (text == no) return Value::Bool(false);
  }
  return Value::Error(kUnreadable);
}

template <typename T>
Value Print(Context& context, T number) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), number);
  if (error != std::errc()) return Value::Error(kRange);
  return context.CopyString({text, static_cast<size_t>(end - text)});
}

// Seconds, with as many digits of a fraction as are needed: "3600s", "-1.5s".
Value PrintDuration(Context& context, int64_t nanoseconds) {
  const bool negative = nanoseconds < 0;
  const uint64_t size =
      negative ? 0 - static_cast<uint64_t>(nanoseconds) : static_cast<uint64_t>(nanoseconds);
  std::string text = (negative ? "-" : "") + std::to_string(size / 1'000'000'000);
  if (const uint64_t rest = size % 1'000'000'000; rest != 0) {
    std::string fraction = std::to_string(1'000'000'000 + rest);
    fraction[0] = '.';
    while (fraction.back() == '0') fraction.pop_back();
    text += fraction;
  }
  return context.CopyString(text + "s");
}

Value PrintTimestamp(Context& context, const Value& timestamp) {
  const absl::Time time = absl::FromUnixSeconds(timestamp.i) + absl::Nanoseconds(timestamp.nanos);
  return context.CopyString(
      absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone()));
}

Value ToBytes(Context&, const Value* args, const void*) {
  Value value = args[0];
  if (value.kind != Kind::kString && value.kind != Kind::kBytes) return Value::Error(kNoOverload);
  value.kind = Kind::kBytes;
  return value;
}

Value ToTimestamp(Context&, const Value* args, const void*) {
  if (args[0].kind == Kind::kTimestamp) return args[0];
  if (args[0].kind == Kind::kInt) return Value::Timestamp(args[0].i, 0);
  return args[0].kind == Kind::kString ? ParseTimestamp(args[0].view()) : Value::Error(kNoOverload);
}

Value ToDuration(Context&, const Value* args, const void*) {
  if (args[0].kind == Kind::kDuration) return args[0];
  return args[0].kind == Kind::kString ? ParseDuration(args[0].view()) : Value::Error(kNoOverload);
}

Value TypeOf(Context&, const Value* args, const void*) {
  if (args[0].kind == Kind::kMessage) return Value::Error(kNoOverload);
  return Value::TypeName(KindName(args[0].kind));
}

}  // namespace

Value ToText(Context& context, const Value* args, const void*) {
  const Value& from = args[0];
  switch (from.kind) {
    case Kind::kString:
      return from;
    case Kind::kBytes:
      if (!context.ChargeBytes(from.size)) return Value::Error(kTooCostly);
      return IsValidUtf8(from.view()) ? Value::String(from.view())
                                      : Value::Error("bytes that are not UTF-8");
    case Kind::kBool:
      return Value::String(from.b ? "true" : "false");
    case Kind::kInt:
      return Print(context, from.i);
    case Kind::kUint:
      return Print(context, from.u);
    case Kind::kDouble:
      return Print(context, from.d);
    case Kind::kTimestamp:
      return PrintTimestamp(context, from);
    case Kind::kDuration:
      return PrintDuration(context, from.i);
    default:
      return Value::Error(kNoOverload);
  }
}

namespace {

constexpr Overload Of(std::string_view name, Kind from, Kind to, Function run) {
  return {name, false, 1, {from, Kind::kDyn, Kind::kDyn}, to, run};
}

constexpr Overload kOverloads[] = {
    Of("int", Kind::kInt, Kind::kInt, ToInt),
    Of("int", Kind::kUint, Kind::kInt, ToInt),
    Of("int", Kind::kDouble, Kind::kInt, ToInt),
    Of("int", Kind::kString, Kind::kInt, ToInt),
    Of("int", Kind::kTimestamp, Kind::kInt, ToInt),
    Of("uint", Kind::kInt, Kind::kUint, ToUint),
    Of("uint", Kind::kUint, Kind::kUint, ToUint),
    Of("uint", Kind::kDouble, Kind::kUint, ToUint),
    Of("uint", Kind::kString, Kind::kUint, ToUint),
    Of("double", Kind::kInt, Kind::kDouble, ToDouble),
    Of("double", Kind::kUint, Kind::kDouble, ToDouble),
    Of("double", Kind::kDouble, Kind::kDouble, ToDouble),
    Of("double", Kind::kString, Kind::kDouble, ToDouble),
    Of("bool", Kind::kBool, Kind::kBool, ToBool),
    Of("bool", Kind::kString, Kind::kBool, ToBool),
    Of("string", Kind::kString, Kind::kString, ToText),
    Of("string", Kind::kBytes, Kind::kString, ToText),
    Of("string", Kind::kBool, Kind::kString, ToText),
    Of("string", Kind::kInt, Kind::kString, ToText),
    Of("string", Kind::kUint, Kind::kString, ToText),
    Of("string", Kind::kDouble, Kind::kString, ToText),
    Of("string", Kind::kTimestamp, Kind::kString, ToText),
    Of("string", Kind::kDuration, Kind::kString, ToText),
    Of("bytes", Kind::kString, Kind::kBytes, ToBytes),
    Of("bytes", Kind::kBytes, Kind::kBytes, ToBytes),
    Of("timestamp", Kind::kTimestamp, Kind::kTimestamp, ToTimestamp),
    Of("timestamp", Kind::kString, Kind::kTimestamp, ToTimestamp),
    Of("timestamp", Kind::kInt, Kind::kTimestamp, ToTimestamp),
    Of("duration", Kind::kDuration, Kind::kDuration, ToDuration),
    Of("duration", Kind::kString, Kind::kDuration, ToDuration),
    Of("type", Kind::kDyn, Kind::kType, TypeOf),
};

// Two digits or four at `at`; -1 for anything else.
int Digits(std::string_view text, size_t at, size_t count) {
  int number = 0;
  if (at + count > text.size()) return -1;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

// ".123456789", as nanoseconds; moves `at` behind it. -1 for anything else.
int64_t ReadFraction(std::string_view text, size_t* at) {
  int64_t nanos = 0;
  int64_t unit = 100'000'000;
  const size_t begin = ++*at;
  for (; *at < text.size() && text[*at] >= '0' && text[*at] <= '9'; ++*at, unit /= 10) {
    if (unit == 0) return -1;
    nanos += unit * (text[*at] - '0');
  }
  return *at == begin ? -1 : nanos;
}

// "Z" or "+02:00" up to the end, as seconds east.
bool ReadOffset(std::string_view text, int* seconds) {
  *seconds = 0;
  if (text == "Z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  const int hours = Digits(text, 1, 2);
  const int minutes = Digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
  *seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
  return true;
}

}  // namespace

absl::Span<const Overload> ConversionOverloads() { return kOverloads; }

Value ParseTimestamp(std::string_view text) {
  const Value unreadable = Value::Error("a text that is no timestamp of RFC 3339");
  const std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size()) return unreadable;
  for (size_t i = 0; i < form.size(); ++i) {
    if (form[i] != '0' && text[i] != form[i]) return unreadable;
  }
  const int part[] = {Digits(text, 0, 4),  Digits(text, 5, 2),  Digits(text, 8, 2),
                      Digits(text, 11, 2), Digits(text, 14, 2), Digits(text, 17, 2)};
  for (const int each : part) {
    if (each < 0) return unreadable;
  }
  const absl::CivilSecond civil(part[0], part[1], part[2], part[3], part[4], part[5]);
  // The 30th of February becomes another day; it is none.
  if (civil.month() != part[1] || civil.day() != part[2] || civil.hour() != part[3] ||
      civil.minute() != part[4] || civil.second() != part[5]) {
    return unreadable;
  }
  size_t at = form.size();
  const int64_t nanos = text[at] == '.' ? ReadFraction(text, &at) : 0;
  int offset = 0;
  if (nanos < 0 || !ReadOffset(text.substr(at), &offset)) return unreadable;
  const int64_t seconds = absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
  return Value::Timestamp(seconds - offset, nanos);
}

Value ParseDuration(std::string_view text) {
  absl::Duration duration;
  const bool read = text.size() <= 64 && text.find("inf") == std::string_view::npos &&
                    absl::ParseDuration(absl::string_view(text.data(), text.size()), &duration);
  if (!read) return Value::Error("a text that is no duration, such as `1h30m` or `90s`");
  constexpr int64_t kMost = INT64_MAX / 1'000'000'000;
  if (absl::AbsDuration(duration) > absl::Seconds(kMost)) {
    return Value::Error("a duration beyond some 292 years");
  }
  return Value::Nanoseconds(absl::ToInt64Nanoseconds(duration));
}

}  // namespace warden::condition
