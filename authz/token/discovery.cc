#include "authz/token/discovery.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/token/refused.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 16;

absl::StatusOr<std::string> Text(const Json& document, const char* name) {
  const auto member = document.find(name);
  if (member == document.end() || !member->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the discovery document has no text \"", name, "\""));
  }
  return member->get<std::string>();
}

}  // namespace

std::string DiscoveryUrl(std::string_view issuer) {
  if (!issuer.empty() && issuer.back() == '/') issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

absl::StatusOr<std::string> JwksUriOf(std::string_view document, std::string_view issuer) {
  const absl::StatusOr<Json> parsed = ParseStrictJson(document, kMaxDepth);
  if (!parsed.ok() || !parsed->is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the discovery document is not a JSON object",
                     parsed.ok() ? "" : absl::StrCat(": ", parsed.status().message())));
  }
  const absl::StatusOr<std::string> name = Text(*parsed, "issuer");
  if (!name.ok()) return name.status();
  if (*name != issuer) {
    return absl::FailedPreconditionError(
        absl::StrCat("the discovery document is that of the issuer ", QuoteForLog(*name)));
  }
  return Text(*parsed, "jwks_uri");
}

}  // namespace warden
