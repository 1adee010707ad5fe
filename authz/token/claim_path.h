// Paths to claims of a token, such as `realm_access.roles`.
#ifndef WARDEN_AUTHZ_TOKEN_CLAIM_PATH_H_
#define WARDEN_AUTHZ_TOKEN_CLAIM_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

// The member names on the way to a claim, from the payload's root. Paths lead through objects only.
using ClaimPath = std::vector<std::string>;

// Reads names joined by dots. A name that has dots itself stands in double quotes, in which `\"`
// and `\\` stand for `"` and `\`: `"https://shop.example/roles".admin`. At most 16 names and 512
// bytes. InvalidArgument says what is wrong.
absl::StatusOr<ClaimPath> ParseClaimPath(std::string_view text);

// The value at the path; null if there is none, whatever the types on the way.
const nlohmann::json* FindClaim(const nlohmann::json& claims, const ClaimPath& path);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_CLAIM_PATH_H_
