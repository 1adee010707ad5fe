// What Warden's own HTTPS requests and their answers carry.
#ifndef WARDEN_INTERCEPTORS_HTTP_HTTP_MESSAGE_H_
#define WARDEN_INTERCEPTORS_HTTP_HTTP_MESSAGE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace warden {

struct HttpRequest {
  enum class Method { kGet, kPost };
  Method method = Method::kGet;
  std::string url;  // https://HOST[:PORT]/PATH, see CheckHttpsUrl
  std::vector<std::pair<std::string, std::string>> headers;
  // Of a POST: a form, see EncodeForm.
  std::string form;
  // Less than the client's own timeout, where it is positive.
  absl::Duration timeout = absl::ZeroDuration();
};

struct HttpResponse {
  int status = 0;  // 200. A redirect (3xx) is an answer like any other: it is not followed
  std::string body;
  // Those of the headers that Warden has a use for: cache-control, expires, age, date, etag,
  // content-type and retry-after, with their names in lower case. A header that was sent more than
  // once has its values joined by ", " (RFC 9110 section 5.3).
  std::vector<std::pair<std::string, std::string>> headers;

  std::string_view Header(std::string_view lower_case_name) const;  // "" where absent
};

// OK for a URL that Warden may ask: `https`, a host, and neither user information (it would be a
// secret in a place where none is expected) nor a fragment, all in printable ASCII. Otherwise
// InvalidArgument, which does not quote the URL.
absl::Status CheckHttpsUrl(std::string_view url);

// "auth.example:8443" of "https://auth.example:8443/keys?x": what messages may show. "" for what is
// no URL.
std::string HostOfUrl(std::string_view url);

// application/x-www-form-urlencoded, as the WHATWG URL standard section 5.2 writes it.
std::string EncodeForm(absl::Span<const std::pair<std::string, std::string>> fields);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HTTP_HTTP_MESSAGE_H_
