// How long an HTTP answer says that it may be used (RFC 9111), for key sets.
#ifndef WARDEN_AUTHZ_TOKEN_CACHE_HEADERS_H_
#define WARDEN_AUTHZ_TOKEN_CACHE_HEADERS_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

// The values of the answer's headers; "" where one is absent.
struct CacheHeaders {
  std::string_view cache_control, expires, date, age;
};

// The freshness lifetime less the age that the answer has already (RFC 9111 section 4.2): zero for
// `no-store` and `no-cache`, else by `max-age`, else by `Expires`. An `Expires` that cannot be read
// is in the past (section 5.3), and a `max-age` that cannot is zero. Nothing where the headers do
// not say. `now` stands for a `Date` that is absent or unreadable. Never negative, at most a year.
std::optional<absl::Duration> FreshnessOf(const CacheHeaders& headers, absl::Time now);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_CACHE_HEADERS_H_
