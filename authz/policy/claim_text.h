// The texts of a token's claims that matches compare with. Internal to authz/policy.
#ifndef WARDEN_AUTHZ_POLICY_CLAIM_TEXT_H_
#define WARDEN_AUTHZ_POLICY_CLAIM_TEXT_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace warden {

// Calls `visit(text)` with each text that a claim's value can match by: a string, a boolean and an
// integer are one, a list gives those of its items that are strings. Any other type gives none.
template <typename Visit>
void ForEachClaimText(const nlohmann::json& value, Visit visit) {
  if (const auto* text = value.get_ptr<const std::string*>(); text != nullptr) {
    visit(std::string_view(*text));
  } else if (value.is_boolean()) {
    visit(std::string_view(value.get<bool>() ? "true" : "false"));
  } else if (value.is_number_unsigned()) {
    visit(std::string_view(std::to_string(value.get<uint64_t>())));
  } else if (value.is_number_integer()) {
    visit(std::string_view(std::to_string(value.get<int64_t>())));
  } else if (value.is_array()) {
    for (const nlohmann::json& item : value) {
      const auto* text = item.get_ptr<const std::string*>();
      if (text != nullptr) visit(std::string_view(*text));
    }
  }
}

// Calls `visit(scope)` with each of the token's scopes: the claim `scope` is a string of them,
// separated by spaces (RFC 8693 section 4.2). Any other type gives none.
template <typename Visit>
void ForEachScope(const nlohmann::json& claims, Visit visit) {
  if (!claims.is_object()) return;
  const auto claim = claims.find("scope");
  if (claim == claims.end()) return;
  const auto* list = claim->get_ptr<const std::string*>();
  if (list == nullptr) return;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) visit(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_CLAIM_TEXT_H_
