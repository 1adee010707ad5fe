// The little of HTTP/1.1 (RFC 9112) that the admin port speaks: one GET or HEAD for each
// connection.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_HTTP_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_HTTP_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace warden {

struct AdminRequest {
  bool head = false;  // HEAD: as GET, without the body
  std::string path;   // "/metrics"; as it was sent: nothing is decoded, so "%2e" is no "."
  std::string query;  // what follows `?`
  std::string host;
  std::string authorization;
  bool accepts_gzip = false;
};

struct AdminAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // more of them
};

// A constant text that says no more than the status does.
AdminAnswer PlainAnswer(int status);

// The largest head of a request that is read, in bytes.
inline constexpr size_t kMaxRequestHead = 8192;

// The end of the head in what has been received, 0 while it is not complete.
size_t EndOfHead(std::string_view received);

// Reads a head, with the empty line at its end. Strict: what RFC 9112 lets a server repair (bare
// line feeds, folded lines, spaces before a colon) is an error, and so are two headers of a name
// that decides something, and a body. The answer where it is not to be served: 400, 405 or 505.
std::variant<AdminRequest, AdminAnswer> ParseAdminRequest(std::string_view head);

// The bytes of an answer. `https`: browsers are told to come by HTTPS only. `now` is for `Date`.
std::string SerializeAnswer(const AdminAnswer& answer, bool head, bool https, absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_HTTP_H_
