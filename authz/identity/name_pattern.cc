#include "authz/identity/name_pattern.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::string_view kAnyLabel = "*.";
constexpr size_t kMaxDnsBytes = 253;   // RFC 1035 section 2.3.4
constexpr size_t kMaxLabelBytes = 63;  // likewise

absl::Status CheckLabel(std::string_view label) {
  if (label.empty()) return absl::InvalidArgumentError("has an empty label");
  if (label.size() > kMaxLabelBytes) {
    return absl::InvalidArgumentError("has a label of more than 63 bytes");
  }
  for (const char c : label) {
    if (c == '*') {
      return absl::InvalidArgumentError("may have a wildcard only as its whole first label");
    }
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') {
      return absl::InvalidArgumentError("has a character that is not in [A-Za-z0-9_-]");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SpiffePattern> SpiffePattern::Parse(std::string_view text) {
  if (text.size() > SpiffeId::kMaxBytes) {
    return absl::InvalidArgumentError("is longer than a SPIFFE ID can be");
  }
  if (text.substr(0, kScheme.size()) != kScheme) {
    return absl::InvalidArgumentError("must begin with `spiffe://`");
  }
  std::string_view rest = text.substr(kScheme.size());
  const size_t slash = rest.find('/');
  SpiffePattern pattern;
  pattern.trust_domain_ = std::string(rest.substr(0, slash));
  if (absl::Status status = SpiffeId::CheckTrustDomain(pattern.trust_domain_); !status.ok()) {
    return status;
  }
  if (slash == std::string_view::npos) {
    return absl::InvalidArgumentError("must have a path; `/**` stands for every one");
  }
  rest.remove_prefix(slash + 1);
  std::vector<std::string> segments =
      absl::StrSplit(absl::string_view(rest.data(), rest.size()), '/');
  if (segments.back() == "**") {
    pattern.more_ = true;
    segments.pop_back();
  }
  for (const std::string& segment : segments) {
    if (segment == "*") continue;
    if (absl::StrContains(segment, '*')) {
      return absl::InvalidArgumentError(
          "may have `*` only as a whole segment, and `**` only as the last one");
    }
    const absl::StatusOr<SpiffeId> id =
        SpiffeId::Parse(absl::StrCat("spiffe://", pattern.trust_domain_, "/", segment));
    if (!id.ok()) return id.status();
  }
  pattern.segments_ = std::move(segments);
  return pattern;
}

bool SpiffePattern::Matches(std::string_view spiffe_id) const {
  if (spiffe_id.substr(0, kScheme.size()) != kScheme) return false;
  std::string_view rest = spiffe_id.substr(kScheme.size());
  if (rest.substr(0, trust_domain_.size()) != trust_domain_) return false;
  rest.remove_prefix(trust_domain_.size());
  // `rest` is "" or begins with the slash of the next segment.
  for (const std::string& segment : segments_) {
    if (rest.empty() || rest.front() != '/') return false;
    rest.remove_prefix(1);
    const std::string_view found = rest.substr(0, rest.find('/'));
    if (found.empty() || (segment != "*" && segment != found)) return false;
    rest.remove_prefix(found.size());
  }
  return more_ ? rest.size() > 1 && rest.front() == '/' : rest.empty();
}

absl::StatusOr<DnsPattern> DnsPattern::Parse(std::string_view text) {
  DnsPattern pattern;
  if (text.substr(0, kAnyLabel.size()) == kAnyLabel) {
    pattern.any_label_ = true;
    text.remove_prefix(kAnyLabel.size());
  }
  if (text.size() > kMaxDnsBytes) return absl::InvalidArgumentError("is over 253 bytes long");
  pattern.name_ = absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
  for (const absl::string_view label : absl::StrSplit(pattern.name_, '.')) {
    absl::Status status = CheckLabel({label.data(), label.size()});
    if (!status.ok()) return status;
  }
  return pattern;
}

bool DnsPattern::Matches(std::string_view dns_name) const {
  if (dns_name.find('*') != std::string_view::npos) return false;
  if (any_label_) {
    const size_t dot = dns_name.find('.');
    if (dot == 0 || dot == std::string_view::npos) return false;
    dns_name.remove_prefix(dot + 1);
  }
  return absl::EqualsIgnoreCase({dns_name.data(), dns_name.size()}, name_);
}

}  // namespace warden
