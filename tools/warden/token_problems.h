// Everything that would refuse a token, not only what the verifier meets first.
#ifndef WARDEN_TOOLS_WARDEN_TOKEN_PROBLEMS_H_
#define WARDEN_TOOLS_WARDEN_TOKEN_PROBLEMS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/token/jwks.h"
#include "authz/token/refusal.h"
#include "nlohmann/json.hpp"

namespace warden::cli {

// What a server would be configured with; what is empty is not looked at.
struct Expectations {
  std::shared_ptr<const KeySet> keys;
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> algorithms;
  std::vector<std::string> types;
  std::vector<std::string> required;
  absl::Duration leeway = absl::Seconds(60);
  size_t max_bytes = 16384;
  bool require_certificate_bound = false;
};

struct TokenProblem {
  TokenRefusal refusal = TokenRefusal::kNone;
  std::string detail;
};

struct TokenReport {
  nlohmann::json header;  // null where it cannot be read
  nlohmann::json claims;  // null where they cannot be read
  size_t signature_bytes = 0;
  bool signature_checked = false;  // and found good
  std::vector<TokenProblem> problems;
  // What is accepted and worth a thought.
  std::vector<std::string> remarks;
};

TokenReport Inspect(std::string_view token, const Expectations& expected, absl::Time now);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_TOKEN_PROBLEMS_H_
