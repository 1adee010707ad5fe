// How fresh and how strong a caller's authentication must be: warden.v1.StepUp, checked, and the
// challenge of RFC 9470 (OAuth 2.0 Step Up Authentication Challenge Protocol).
#ifndef WARDEN_AUTHZ_POLICY_STEP_UP_H_
#define WARDEN_AUTHZ_POLICY_STEP_UP_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace warden {

class VerifiedToken;
namespace v1 {
class StepUp;
}  // namespace v1

struct StepUp {
  absl::Duration max_age = absl::InfiniteDuration();  // of `auth_time`; in whole seconds
  std::vector<std::string> acr;                       // one of these, if there are any
  std::vector<std::string> amr;                       // each of these

  friend bool operator==(const StepUp&, const StepUp&) = default;
};

// "authenticated at most 300s ago, acr gold or silver, amr otp and pwd".
std::string ToString(const StepUp& step_up);

// Reads the message and returns what is wrong with it, one text a problem: one that asks for
// nothing, times that are not at least one second and whole, texts that are empty, doubled or
// cannot stand in a challenge.
std::vector<std::string> ReadStepUp(const v1::StepUp& step_up, StepUp* out);

// What the token lacks, for the operator, without the token's values; "" if nothing. The claims are
// those of OpenID Connect Core section 2: `auth_time` a number of seconds since 1970, `acr` a text,
// `amr` a list of texts; one that is asked for and missing, or of another type, is lacking. An
// `auth_time` after `now` counts only within the leeway of the token's issuer. A null token lacks
// everything. Thread-safe.
std::string WhatTokenLacks(const StepUp& step_up, const VerifiedToken* token, absl::Time now);

// A StepUp and what is said to those who do not satisfy it. Immutable, thread-safe.
struct StepUpRule {
  StepUp need;
  // The value of `www-authenticate` (RFC 9470 section 3, RFC 6750 section 3).
  std::string challenge;
  // Its parameters, `error` among them, and `amr_values`, which RFC 9470 does not know.
  std::vector<std::pair<std::string, std::string>> parameters;
};

std::shared_ptr<const StepUpRule> MakeStepUpRule(const StepUp& step_up);

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_STEP_UP_H_
