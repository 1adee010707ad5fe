// How http_client.cc reaches the library that speaks HTTP, where one is built in.
#ifndef WARDEN_INTERCEPTORS_HTTP_TRANSPORT_H_
#define WARDEN_INTERCEPTORS_HTTP_TRANSPORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "interceptors/http/http_client.h"

namespace warden {

inline constexpr char kUserAgent[] = "warden";

bool HasTransport();

// As HttpClient::Create; the options are in range.
absl::StatusOr<std::unique_ptr<HttpClient>> MakeTransport(const HttpClientOptions& options);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_HTTP_TRANSPORT_H_
