#include "tools/warden/audit_filter.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "authz/config/problem.h"
#include "warden/v1/audit.pb.h"

namespace warden::cli {
namespace {

// `*` for any text. In time linear in the product of both lengths, at worst.
bool Covers(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t in = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && pattern[at] == text[in]) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

std::vector<std::string> FieldNames() {
  std::vector<std::string> names = {"since", "until"};
  const auto& record = *v1::AuditRecord::descriptor();
  for (int i = 0; i < record.field_count(); ++i) names.push_back(record.field(i)->name());
  return names;
}

std::string TextOf(const nlohmann::json& record, const std::string& field) {
  const auto found = record.find(field);
  if (found == record.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool ReadMoment(const std::string& text, absl::Time now, absl::Time* moment) {
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago) && ago >= absl::ZeroDuration()) {
    *moment = now - ago;
    return true;
  }
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, text, moment, &error);
}

}  // namespace

absl::StatusOr<AuditFilter> AuditFilter::Parse(const std::vector<std::string>& texts,
                                               absl::Time now) {
  AuditFilter filter;
  const std::vector<std::string> names = FieldNames();
  for (const std::string& text : texts) {
    for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
      const std::string term(word);
      const size_t equals = term.find('=');
      if (equals == std::string::npos || equals == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("--filter: ", Quoted(term), " is no NAME=VALUE or NAME!=VALUE"));
      }
      Term parsed = {.pattern = term.substr(equals + 1), .equal = term[equals - 1] != '!'};
      parsed.field = term.substr(0, parsed.equal ? equals : equals - 1);
      if (std::find(names.begin(), names.end(), parsed.field) == names.end()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--filter: records have no ", Quoted(parsed.field), Suggestion(parsed.field, names)));
      }
      const bool since = parsed.field == "since";
      if (!since && parsed.field != "until") {
        filter.terms_.push_back(std::move(parsed));
        continue;
      }
      if (!parsed.equal ||
          !ReadMoment(parsed.pattern, now, since ? &filter.since_ : &filter.until_)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--filter: ", Quoted(term), " takes a time such as 2030-01-31T00:00:00Z, or 90m ago"));
      }
    }
  }
  return filter;
}

bool AuditFilter::Matches(const nlohmann::json& record) const {
  for (const Term& term : terms_) {
    if (Covers(term.pattern, TextOf(record, term.field)) != term.equal) return false;
  }
  if (since_ == absl::InfinitePast() && until_ == absl::InfiniteFuture()) return true;
  absl::Time time;
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, TextOf(record, "time"), &time, &error) &&
         time >= since_ && time <= until_;
}

}  // namespace warden::cli
