#include "authz/token/claim_path.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

constexpr size_t kMostNames = 16;
constexpr size_t kMostBytes = 512;

// Takes a quoted name off `*text`, which begins with its opening quote.
absl::StatusOr<std::string> TakeQuoted(std::string_view* text) {
  std::string name;
  for (size_t i = 1; i < text->size(); ++i) {
    char c = (*text)[i];
    if (c == '"') {
      text->remove_prefix(i + 1);
      return name;
    }
    if (c == '\\') {
      if (++i == text->size()) break;
      c = (*text)[i];
      if (c != '"' && c != '\\') {
        return absl::InvalidArgumentError(
            "a backslash stands only before \" and \\ in a quoted name");
      }
    }
    name += c;
  }
  return absl::InvalidArgumentError("a quoted name has no closing quote");
}

absl::StatusOr<std::string> TakeName(std::string_view* text) {
  if (text->starts_with('"')) return TakeQuoted(text);
  const size_t end = std::min(text->find('.'), text->size());
  std::string name(text->substr(0, end));
  text->remove_prefix(end);
  if (name.find('"') != std::string::npos) {
    return absl::InvalidArgumentError("a quote stands only around a whole name");
  }
  return name;
}

}  // namespace

absl::StatusOr<ClaimPath> ParseClaimPath(std::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("the path is empty; name the claim");
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path is longer than ", kMostBytes, " bytes"));
  }
  ClaimPath path;
  while (true) {
    absl::StatusOr<std::string> name = TakeName(&text);
    if (!name.ok()) return name.status();
    if (name->empty()) return absl::InvalidArgumentError("the path has an empty name");
    path.push_back(*std::move(name));
    if (path.size() > kMostNames) {
      return absl::InvalidArgumentError(
          absl::StrCat("the path has more than ", kMostNames, " names"));
    }
    if (text.empty()) return path;
    if (text.front() != '.')
      return absl::InvalidArgumentError("a dot is missing after a quoted name");
    text.remove_prefix(1);
  }
}

const nlohmann::json* FindClaim(const nlohmann::json& claims, const ClaimPath& path) {
  const nlohmann::json* value = &claims;
  for (const std::string& name : path) {
    if (!value->is_object()) return nullptr;
    const auto member = value->find(name);
    if (member == value->end()) return nullptr;
    value = &*member;
  }
  return value;
}

}  // namespace warden
