#include "interceptors/http/http_client.h"

#include "interceptors/http/transport.h"

namespace warden {

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(const HttpClientOptions& options) {
  if (options.timeout < absl::Milliseconds(1) || options.timeout > absl::Minutes(5)) {
    return absl::InvalidArgumentError("the timeout is not from 1 ms to 5 minutes");
  }
  if (options.connect_timeout < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError("the timeout of connections is less than 1 ms");
  }
  if (options.max_response_bytes == 0 || options.max_response_bytes > size_t{64} << 20) {
    return absl::InvalidArgumentError("the bound of answers is not from 1 byte to 64 MiB");
  }
  if (options.max_connections == 0 || options.max_connections > 1024) {
    return absl::InvalidArgumentError("the bound of connections is not from 1 to 1024");
  }
  return MakeTransport(options);
}

bool HttpClient::IsBuiltIn() { return HasTransport(); }

}  // namespace warden
