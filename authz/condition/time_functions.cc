// Parts of timestamps and durations, and time zones; see functions.h.
#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

enum class Part {
  kYear,
  kMonth,
  kDate,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kHour,
  kMinute,
  kSecond,
  kMilli
};

int64_t DayOfWeek(absl::CivilDay day) {
  // absl counts from Monday, CEL from Sunday.
  return (static_cast<int64_t>(absl::GetWeekday(day)) + 1) % 7;
}

int64_t ReadPart(Part part, absl::CivilSecond civil, int64_t nanos) {
  switch (part) {
    case Part::kYear:
      return civil.year();
    case Part::kMonth:
      return civil.month() - 1;
    case Part::kDate:
      return civil.day();
    case Part::kDayOfMonth:
      return civil.day() - 1;
    case Part::kDayOfWeek:
      return DayOfWeek(absl::CivilDay(civil));
    case Part::kDayOfYear:
      return absl::GetYearDay(absl::CivilDay(civil)) - 1;
    case Part::kHour:
      return civil.hour();
    case Part::kMinute:
      return civil.minute();
    case Part::kSecond:
      return civil.second();
    case Part::kMilli:
      return nanos / 1'000'000;
  }
  return 0;
}

// Durations have the whole of themselves in each unit, but milliseconds, which are those of the
// last second.
Value ReadDuration(Part part, int64_t nanoseconds) {
  constexpr int64_t kSecond = 1'000'000'000;
  switch (part) {
    case Part::kHour:
      return Value::Int(nanoseconds / (3600 * kSecond));
    case Part::kMinute:
      return Value::Int(nanoseconds / (60 * kSecond));
    case Part::kSecond:
      return Value::Int(nanoseconds / kSecond);
    case Part::kMilli:
      return Value::Int(nanoseconds % kSecond / 1'000'000);
    default:
      return Value::Error(kNoOverload);
  }
}

template <Part kPart>
Value Read(Context&, const Value* args, const void* data) {
  if (args[0].kind == Kind::kDuration) return ReadDuration(kPart, args[0].i);
  if (args[0].kind != Kind::kTimestamp) return Value::Error(kNoOverload);
  const auto* zone = static_cast<const absl::TimeZone*>(data);
  const absl::Time time = absl::FromUnixSeconds(args[0].i);
  const absl::CivilSecond civil = zone == nullptr ? absl::ToCivilSecond(time, absl::UTCTimeZone())
                                                  : absl::ToCivilSecond(time, *zone);
  return Value::Int(ReadPart(kPart, civil, args[0].nanos));
}

constexpr Overload Plain(std::string_view name, Kind of, Function run) {
  return {name, true, 1, {of, Kind::kDyn, Kind::kDyn}, Kind::kInt, run};
}

constexpr Overload Zoned(std::string_view name, Function run) {
  return {name, true, 2, {Kind::kTimestamp, Kind::kString, Kind::kDyn}, Kind::kInt, run};
}

constexpr Overload kOverloads[] = {
    Plain("getFullYear", Kind::kTimestamp, Read<Part::kYear>),
    Plain("getMonth", Kind::kTimestamp, Read<Part::kMonth>),
    Plain("getDate", Kind::kTimestamp, Read<Part::kDate>),
    Plain("getDayOfMonth", Kind::kTimestamp, Read<Part::kDayOfMonth>),
    Plain("getDayOfWeek", Kind::kTimestamp, Read<Part::kDayOfWeek>),
    Plain("getDayOfYear", Kind::kTimestamp, Read<Part::kDayOfYear>),
    Plain("getHours", Kind::kTimestamp, Read<Part::kHour>),
    Plain("getMinutes", Kind::kTimestamp, Read<Part::kMinute>),
    Plain("getSeconds", Kind::kTimestamp, Read<Part::kSecond>),
    Plain("getMilliseconds", Kind::kTimestamp, Read<Part::kMilli>),
    Plain("getHours", Kind::kDuration, Read<Part::kHour>),
    Plain("getMinutes", Kind::kDuration, Read<Part::kMinute>),
    Plain("getSeconds", Kind::kDuration, Read<Part::kSecond>),
    Plain("getMilliseconds", Kind::kDuration, Read<Part::kMilli>),
    Zoned("getFullYear", Read<Part::kYear>),
    Zoned("getMonth", Read<Part::kMonth>),
    Zoned("getDate", Read<Part::kDate>),
    Zoned("getDayOfMonth", Read<Part::kDayOfMonth>),
    Zoned("getDayOfWeek", Read<Part::kDayOfWeek>),
    Zoned("getDayOfYear", Read<Part::kDayOfYear>),
    Zoned("getHours", Read<Part::kHour>),
    Zoned("getMinutes", Read<Part::kMinute>),
    Zoned("getSeconds", Read<Part::kSecond>),
    Zoned("getMilliseconds", Read<Part::kMilli>),
};

// "+02:00", "-09:30", "02:00".
std::optional<absl::TimeZone> FixedZone(std::string_view name) {
  const bool negative = name.starts_with('-');
  if (negative || name.starts_with('+')) name.remove_prefix(1);
  if (name.size() != 5 || name[2] != ':') return std::nullopt;
  int digits[4];
  const size_t places[] = {0, 1, 3, 4};
  for (size_t i = 0; i < 4; ++i) {
    const char c = name[places[i]];
    if (c < '0' || c > '9') return std::nullopt;
    digits[i] = c - '0';
  }
  const int hours = digits[0] * 10 + digits[1];
  const int minutes = digits[2] * 10 + digits[3];
  if (hours > 14 || minutes > 59) return std::nullopt;
  const int seconds = (hours * 60 + minutes) * 60;
  return absl::FixedTimeZone(negative ? -seconds : seconds);
}

}  // namespace

absl::Span<const Overload> TimeOverloads() { return kOverloads; }

std::optional<absl::TimeZone> FindTimeZone(std::string_view name) {
  if (std::optional<absl::TimeZone> fixed = FixedZone(name); fixed.has_value()) return fixed;
  // A name of the tz database, and no path to any other file.
  const bool plain = !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
                              c == '/' || c == '-' || c == '+';
                     });
  absl::TimeZone zone;
  if (!plain || name == "localtime") return std::nullopt;
  if (!absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  return zone;
}

}  // namespace warden::condition
