#include "interceptors/rules/rule_words.h"

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace warden::rules {
namespace {

constexpr size_t kMaxListBytes = 200;

// Seconds in the range of int64; anything else is cut to it.
absl::Duration ToDuration(Nanos nanos) {
  constexpr int64_t kBillion = 1'000'000'000;
  return absl::Seconds(static_cast<int64_t>(nanos / kBillion)) +
         absl::Nanoseconds(static_cast<int64_t>(nanos % kBillion));
}

}  // namespace

std::string ShowDouble(double value, bool single) {
  for (int digits = 1; digits < 17; ++digits) {
    std::string shown = absl::StrFormat("%.*g", digits, value);
    const double back = single ? static_cast<double>(std::strtof(shown.c_str(), nullptr))
                               : std::strtod(shown.c_str(), nullptr);
    if (back == value) return shown;
  }
  return absl::StrFormat("%.17g", value);
}

std::string ShowDuration(Nanos value) { return absl::FormatDuration(ToDuration(value)); }

std::string ShowTime(Nanos value) {
  return absl::FormatTime(absl::RFC3339_full, absl::UnixEpoch() + ToDuration(value),
                          absl::UTCTimeZone());
}

std::string ShowText(std::string_view value) {
  return absl::StrCat("\"", absl::CHexEscape(absl::string_view(value.data(), value.size())), "\"");
}

std::string ShowList(const std::vector<std::string>& items) {
  std::string list = "[";
  for (const std::string& item : items) {
    if (list.size() > 1) list.append(", ");
    if (list.size() + item.size() > kMaxListBytes) {
      list.append("...");
      break;
    }
    list.append(item);
  }
  list.push_back(']');
  return list;
}

std::string ShowCount(uint64_t count, std::string_view noun) {
  return absl::StrCat(count, " ", absl::string_view(noun.data(), noun.size()),
                      count == 1 ? "" : "s");
}

}  // namespace warden::rules
