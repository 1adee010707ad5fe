// What the parts of a token mean, in words.
#ifndef WARDEN_TOOLS_WARDEN_CLAIM_WORDS_H_
#define WARDEN_TOOLS_WARDEN_CLAIM_WORDS_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace warden::cli {

// "" for what has no registered meaning (RFC 7515, 7519, 8693, 8705, 9068, OpenID Connect
// Core 1.0).
std::string_view HeaderMeaning(std::string_view name);
std::string_view ClaimMeaning(std::string_view name);

// A NumericDate as people read it: "2027-01-15T08:00:00Z (in 5m)". "" for what is none.
std::string TimeInWords(const nlohmann::json& value, absl::Time now);

// Claims whose value is a NumericDate.
bool IsTimeClaim(std::string_view name);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_CLAIM_WORDS_H_
