// Warden's own HTTPS requests, to key servers and authorization servers.
#ifndef WARDEN_INTERCEPTORS_HTTP_HTTP_CLIENT_H_
#define WARDEN_INTERCEPTORS_HTTP_HTTP_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/http/http_message.h"

namespace warden {

struct HttpClientOptions {
  // PEM of the CAs that a server's certificate is checked against, and no others; the machine's own
  // trust store where empty. Read again for new connections.
  std::string ca_file;
  absl::Duration timeout = absl::Seconds(5);          // of a whole exchange
  absl::Duration connect_timeout = absl::Seconds(3);  // with TLS
  size_t max_response_bytes = size_t{1} << 20;        // of a body
  // Used where it is set, as libcurl's CURLOPT_PROXY writes it; proxies that the environment names
  // are not.
  std::string proxy;
  size_t max_connections = 16;  // at the same time; more requests wait, within their timeout
};

// One background thread, on which every exchange runs. TLS 1.2 or newer with a verified certificate
// and host name; nothing else but https is spoken. No redirect is followed, no cookie kept, no
// .netrc read, no compression asked for. Connections are kept for the next request.
class HttpClient {
 public:
  using Callback = std::function<void(absl::StatusOr<HttpResponse>)>;

  // Errors: Unimplemented where Warden was built without libcurl; InvalidArgument for options out
  // of range; FailedPrecondition if `ca_file` holds no certificate.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(const HttpClientOptions& options);

  // Is libcurl built in?
  static bool IsBuiltIn();

  // Cancels what is under way: its callbacks are called before this returns. Does not wait for a
  // server. REQUIRES: not called from a callback.
  virtual ~HttpClient() = default;

  // Never blocks. `done` is called exactly once, on the client's own thread, where it must be
  // quick: other exchanges wait for it. It may call Send. With any status of an answer, 404 as
  // well, the result is OK. Errors name the server's host and the cause, never a header, a path or
  // a body:
  //   InvalidArgument    the URL, see CheckHttpsUrl, or a header with a line break
  //   DeadlineExceeded   no full answer within the timeout
  //   ResourceExhausted  the answer was longer than allowed; it is not read on
  //   Unavailable        no connection, a certificate that is not trusted, a broken answer
  //   Cancelled          the client was destroyed
  // Thread-safe.
  virtual void Send(HttpRequest request, Callback done) = 0;

  // The same, and waits for the answer. On the client's own thread: FailedPrecondition.
  virtual absl::StatusOr<HttpResponse> SendAndWait(HttpRequest request) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HTTP_HTTP_CLIENT_H_
