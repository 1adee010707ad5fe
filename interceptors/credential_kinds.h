// Which kinds of credentials a configuration knows, and which ones methods accept.
#ifndef WARDEN_INTERCEPTORS_CREDENTIAL_KINDS_H_
#define WARDEN_INTERCEPTORS_CREDENTIAL_KINDS_H_

#include <deque>

#include "authz/config/problem.h"
#include "authz/policy/authn.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"

namespace warden {

// Adds what is wrong with `authn` and `api_keys`, without looking at files.
void CheckCredentialKinds(const v1::Config& config, const SourceMap& places, ProblemList* problems);

// Those that some caller could bring.
CredentialSet KnownCredentials(const v1::Config& config);

// Sets each method's `authn`, its own or the configuration's; a problem where nobody could ever
// bring what is asked for, `step_up` included. REQUIRES: the methods' access rules are compiled,
// unless there are problems already.
void ResolveAuthn(const LoadedConfig& config, std::deque<GuardedMethod>* methods,
                  ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CREDENTIAL_KINDS_H_
