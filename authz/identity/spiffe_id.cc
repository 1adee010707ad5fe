#include "authz/identity/spiffe_id.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr std::string_view kPrefix = "spiffe://";

bool IsTrustDomainChar(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
}

bool IsSegmentChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
}

absl::Status CheckSegment(std::string_view segment) {
  if (segment.empty()) {
    return absl::InvalidArgumentError("the path has an empty segment or a trailing slash");
  }
  if (segment == "." || segment == "..") {
    return absl::InvalidArgumentError("the path has a relative segment, \".\" or \"..\"");
  }
  for (char c : segment) {
    if (!IsSegmentChar(c)) {
      return absl::InvalidArgumentError("the path has a character that is not in [A-Za-z0-9._-]");
    }
  }
  return absl::OkStatus();
}

// REQUIRES: path is empty or begins with a slash.
absl::Status CheckPath(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    if (absl::Status status = CheckSegment(segment); !status.ok()) return status;
    path.remove_prefix(segment.size());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SpiffeId::CheckTrustDomain(std::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("the trust domain is empty");
  if (name.size() > kMaxTrustDomainBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the trust domain is longer than ", kMaxTrustDomainBytes, " bytes"));
  }
  for (char c : name) {
    if (!IsTrustDomainChar(c)) {
      return absl::InvalidArgumentError(
          "the trust domain has a character that is not in [a-z0-9._-]");
    }
  }
  return absl::OkStatus();
}

bool SpiffeId::HasScheme(std::string_view uri) {
  const std::string_view scheme = kPrefix.substr(0, kPrefix.find('/'));  // with the colon
  return absl::StartsWithIgnoreCase({uri.data(), uri.size()}, {scheme.data(), scheme.size()});
}

absl::StatusOr<SpiffeId> SpiffeId::Parse(std::string_view uri) {
  if (uri.size() > kMaxBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a SPIFFE ID is at most ", kMaxBytes, " bytes long"));
  }
  if (uri.substr(0, kPrefix.size()) != kPrefix) {
    return absl::InvalidArgumentError("a SPIFFE ID begins with \"spiffe://\" in lower case");
  }
  const size_t slash = uri.find('/', kPrefix.size());
  const size_t path_begin = slash == std::string_view::npos ? uri.size() : slash;
  const std::string_view trust_domain = uri.substr(kPrefix.size(), path_begin - kPrefix.size());
  if (absl::Status status = CheckTrustDomain(trust_domain); !status.ok()) return status;
  if (absl::Status status = CheckPath(uri.substr(path_begin)); !status.ok()) return status;
  return SpiffeId(std::string(uri), path_begin);
}

std::string_view SpiffeId::trust_domain() const {
  return std::string_view(str_).substr(kPrefix.size(), path_begin_ - kPrefix.size());
}

std::string_view SpiffeId::path() const { return std::string_view(str_).substr(path_begin_); }

}  // namespace warden
