#include "authz/token/cache_headers.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace warden {
namespace {

constexpr absl::Duration kLongest = absl::Hours(24 * 365);

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// delta-seconds of RFC 9111 section 1.2.2; what is too large for a number is very long.
std::optional<absl::Duration> Seconds(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "\"") && !absl::ConsumeSuffix(&text, "\"")) return std::nullopt;
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int64_t seconds = 0;
  for (const char digit : text) {
    seconds = std::min<int64_t>(seconds * 10 + (digit - '0'), absl::ToInt64Seconds(kLongest));
  }
  return absl::Seconds(seconds);
}

// IMF-fixdate of RFC 9110 section 5.6.7, the form that senders must use.
std::optional<absl::Time> Date(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", View(text), &time, &error)) return std::nullopt;
  return time;
}

struct Directives {
  bool forbidden = false;  // no-store, no-cache
  std::optional<absl::Duration> max_age;
};

// Of several max-age the shortest counts.
Directives ReadDirectives(std::string_view cache_control) {
  Directives read;
  for (absl::string_view part : absl::StrSplit(View(cache_control), ',')) {
    part = absl::StripAsciiWhitespace(part);
    const size_t equals = std::min(part.find('='), part.size());
    const absl::string_view name = part.substr(0, equals);
    if (absl::EqualsIgnoreCase(name, "no-store") || absl::EqualsIgnoreCase(name, "no-cache")) {
      read.forbidden = true;
    } else if (absl::EqualsIgnoreCase(name, "max-age")) {
      const std::optional<absl::Duration> seconds =
          Seconds(part.substr(std::min(equals + 1, part.size())));
      const absl::Duration age = seconds.value_or(absl::ZeroDuration());
      read.max_age = std::min(read.max_age.value_or(age), age);
    }
  }
  return read;
}

}  // namespace

std::optional<absl::Duration> FreshnessOf(const CacheHeaders& headers, absl::Time now) {
  const Directives directives = ReadDirectives(headers.cache_control);
  absl::Duration lifetime;
  if (directives.forbidden) return absl::ZeroDuration();
  if (directives.max_age.has_value()) {
    lifetime = *directives.max_age;
  } else if (!headers.expires.empty()) {
    const std::optional<absl::Time> expires = Date(headers.expires);
    if (!expires.has_value()) return absl::ZeroDuration();
    lifetime = *expires - Date(headers.date).value_or(now);
  } else {
    return std::nullopt;
  }
  lifetime -= Seconds(View(headers.age)).value_or(absl::ZeroDuration());
  return std::clamp(lifetime, absl::ZeroDuration(), kLongest);
}

}  // namespace warden
