// What of a Guard's start-up concerns limits that a rate limit service keeps.
#ifndef WARDEN_INTERCEPTORS_GUARD_LIMIT_SERVICE_H_
#define WARDEN_INTERCEPTORS_GUARD_LIMIT_SERVICE_H_

#include <deque>
#include <string>

#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/guard_shared_limits.h"
#include "interceptors/guarded_method.h"

namespace warden {

// A server of envoy.service.ratelimit.v3.RateLimitService, as limits.service has it.
struct RateLimitServiceOptions {
  std::string address;  // HOST:PORT, [IPV6]:PORT or unix:/path
  std::string domain;
  absl::Duration timeout;  // of each question
  // Paths. Without TLS where ca_file is empty; the other two both or neither.
  std::string ca_file, certificate_file, private_key_file;
};

// Adds to `problems` what is wrong with limits.service and with limits that say SERVICE.
void CheckLimitService(const LoadedConfig& config, const std::deque<GuardedMethod>& methods,
                       ProblemList* problems);

// Makes the client of such a server.
using ConnectLimitService = SharedLimits (*)(const RateLimitServiceOptions& options);
// What guards of this process make it with, from now on: the client speaks gRPC, which is not
// linked here. Without one, limits that say SERVICE have an outage. Thread-safe.
void UseLimitServiceClient(ConnectLimitService connect);

// The store of limits that say SERVICE, and its metrics; nothing where no limit does. REQUIRES:
// CheckLimitService found nothing.
SharedLimits MakeLimitService(const LoadedConfig& config, const std::deque<GuardedMethod>& methods);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GUARD_LIMIT_SERVICE_H_
