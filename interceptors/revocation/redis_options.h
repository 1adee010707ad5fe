// How a Redis server is reached.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_OPTIONS_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

namespace warden {

struct RedisOptions {
  std::string address;                        // "HOST:PORT", "[::1]:6379" or "unix:/path"
  std::string username;                       // "" is Redis' user `default`
  std::string password;                       // "": no AUTH
  std::string ca_file;                        // PEM; TLS where not ""
  absl::Duration timeout = absl::Seconds(1);  // of connecting, and of each command
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_OPTIONS_H_
