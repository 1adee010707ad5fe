#include "authz/policy/denial.h"

#include <algorithm>

#include "authz/policy/names.h"

namespace warden {
namespace {

bool IsIdentifier(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool AsksFor(const MethodAccess& access, std::string_view name_or_wildcard) {
  const auto covered = [&](const std::string& name) { return Covers(name_or_wildcard, name); };
  return std::any_of(access.all_of.begin(), access.all_of.end(), covered) ||
         std::any_of(access.any_of.begin(), access.any_of.end(), covered);
}

}  // namespace

bool IsMethodPattern(std::string_view text) {
  const size_t slash = text.rfind('/');
  if (!text.starts_with('/') || slash == 0) return false;
  std::string_view service = text.substr(1, slash - 1);
  const std::string_view method = text.substr(slash + 1);
  if (method != "*" && !IsIdentifier(method)) return false;
  while (true) {
    const size_t dot = std::min(service.find('.'), service.size());
    if (!IsIdentifier(service.substr(0, dot))) return false;
    if (dot == service.size()) return true;
    service.remove_prefix(dot + 1);
  }
}

bool MethodPatternCovers(std::string_view pattern, std::string_view method) {
  return pattern.ends_with("/*")
             ? method.substr(0, method.rfind('/') + 1) == pattern.substr(0, pattern.size() - 1)
             : pattern == method;
}

bool Concerns(const Denial& denial, const MethodAccess& access, std::string_view method) {
  if (denial.permissions.empty() && denial.methods.empty()) return true;
  return std::any_of(denial.permissions.begin(), denial.permissions.end(),
                     [&](const std::string& one) { return AsksFor(access, one); }) ||
         std::any_of(denial.methods.begin(), denial.methods.end(),
                     [&](const std::string& one) { return MethodPatternCovers(one, method); });
}

}  // namespace warden
