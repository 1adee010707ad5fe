// Callers that somebody writes down, to ask what a policy would decide about them.
#ifndef WARDEN_TOOLS_WARDEN_HYPOTHETICAL_CALLER_H_
#define WARDEN_TOOLS_WARDEN_HYPOTHETICAL_CALLER_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/principal.h"
#include "warden/v1/policy_test.pb.h"

namespace warden::cli {

// The credentials of such a caller at `now`. They are real: the claims are signed with a key that
// nobody keeps and verified as the server verifies them, and so is the API key, so that what the
// server could never see is an error here: InvalidArgument says which. `exp` is an hour after `now`
// where the claims have none, `iss` is made up, and the audience does not matter.
absl::StatusOr<VerifiedCredentials> MakeCredentials(const v1::PolicyTestCaller& caller,
                                                    absl::Time now);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_HYPOTHETICAL_CALLER_H_
