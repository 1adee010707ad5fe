#include "authz/policy/names.h"

#include <algorithm>
#include <utility>

namespace warden {
namespace {

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool IsValidName(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes) return false;
  char before = '.';  // as if a part had just ended
  for (const char c : name) {
    const bool inner = c == '_' || c == '-';
    const bool joint = c == '.' || c == ':' || c == '/';
    if (!IsLetterOrDigit(c) && !inner && !joint) return false;
    // Parts begin and end with a letter or digit.
    const bool after_joint = before == '.' || before == ':' || before == '/';
    if (inner && after_joint) return false;
    if (joint && !IsLetterOrDigit(before)) return false;
    before = c;
  }
  return IsLetterOrDigit(before);
}

bool IsValidWildcard(std::string_view text) {
  if (text.empty() || text.back() != '*') return false;
  text.remove_suffix(1);
  if (text.empty()) return true;
  const char joint = text.back();
  text.remove_suffix(1);
  return (joint == '.' || joint == ':' || joint == '/') && IsValidName(text);
}

bool Covers(std::string_view name_or_wildcard, std::string_view name) {
  if (name_or_wildcard.empty() || name_or_wildcard.back() != '*') return name_or_wildcard == name;
  name_or_wildcard.remove_suffix(1);
  return name.starts_with(name_or_wildcard);
}

NameTable::NameTable(std::vector<std::string> names) : names_(std::move(names)) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

std::optional<uint32_t> NameTable::Find(std::string_view name) const {
  const auto at = std::lower_bound(names_.begin(), names_.end(), name);
  if (at == names_.end() || *at != name) return std::nullopt;
  return static_cast<uint32_t>(at - names_.begin());
}

}  // namespace warden
