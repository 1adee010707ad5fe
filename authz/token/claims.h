// The registered claims of a JSON Web Token (RFC 7519 section 4.1), read but not yet judged.
#ifndef WARDEN_AUTHZ_TOKEN_CLAIMS_H_
#define WARDEN_AUTHZ_TOKEN_CLAIMS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/token/refused.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

struct RegisteredClaims {
  std::optional<std::string> issuer, subject, token_id;
  std::optional<std::vector<std::string>> audiences;  // a single one becomes a list of one
  std::optional<absl::Time> expires_at, not_before, issued_at;
};

// A claims set is strict JSON and an object; otherwise kMalformed.
OrRefused<nlohmann::json> ParseClaims(std::string_view payload, size_t max_json_depth);

// kBadClaim if one of them is there with a value of the wrong kind: `iss`, `sub` and `jti` are
// strings, `aud` a string or a list of strings, and times are numbers of seconds since 1970,
// fractions allowed, up to the year 9999.
OrRefused<RegisteredClaims> ReadClaims(const nlohmann::json& claims);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_CLAIMS_H_
