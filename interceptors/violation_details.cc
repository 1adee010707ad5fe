#include "interceptors/violation_details.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace warden {
namespace {

constexpr size_t kMostBadRequest = 4096;
constexpr size_t kMostMetadata = 2048;
constexpr size_t kMostPath = 1000;
constexpr size_t kMostText = 1000;
constexpr size_t kMostRule = 200;
constexpr size_t kMostConstant = 200;
constexpr size_t kMostReason = 63;  // https://google.aip.dev/193

// Cut between characters: what is sent must be UTF-8.
std::string Cut(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// "string.min_len" becomes "STRING_MIN_LEN": google.rpc asks for UPPER_SNAKE_CASE.
std::string PublicRule(std::string_view rule) {
  std::string name(rule.substr(0, kMostReason));
  for (char& c : name) {
    c = absl::ascii_isalnum(static_cast<unsigned char>(c))
            ? absl::ascii_toupper(static_cast<unsigned char>(c))
            : '_';
  }
  return name;
}

}  // namespace

google::rpc::BadRequest DescribeViolations(const std::vector<Violation>& violations) {
  google::rpc::BadRequest bad;
  size_t bytes = 0;
  for (const Violation& violation : violations) {
    google::rpc::BadRequest::FieldViolation described;
    described.set_field(Cut(violation.field, kMostPath));
    described.set_description(
        absl::StrCat(Cut(violation.message, kMostText), " [", Cut(violation.rule, kMostRule), "]"));
    described.set_reason(PublicRule(violation.rule));
    bytes += described.ByteSizeLong() + 8;
    if (bytes > kMostBadRequest && bad.field_violations_size() > 0) break;
    *bad.add_field_violations() = std::move(described);
  }
  return bad;
}

void AddRuleConstants(const std::vector<Violation>& violations, google::rpc::ErrorInfo* error) {
  size_t bytes = 0;
  const auto add = [&](std::string name, std::string_view value) {
    std::string shown = Cut(value, kMostConstant);
    bytes += name.size() + shown.size() + 16;
    if (bytes <= kMostMetadata) (*error->mutable_metadata())[std::move(name)] = std::move(shown);
    return bytes <= kMostMetadata;
  };
  for (size_t i = 0; i < violations.size(); ++i) {
    const std::string prefix = absl::StrCat("rule_", i);
    if (!add(prefix, violations[i].rule)) return;
    for (const auto& [name, value] : violations[i].constants) {
      if (!add(absl::StrCat(prefix, "_", name), value)) return;
    }
  }
}

std::string SummaryOf(const std::vector<Violation>& violations) {
  return absl::StrJoin(violations, "; ", [](std::string* out, const Violation& violation) {
    absl::StrAppend(out, violation.field, " [", violation.rule, "]");
  });
}

}  // namespace warden
