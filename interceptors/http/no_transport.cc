#include "absl/status/status.h"
#include "interceptors/http/transport.h"

namespace warden {

bool HasTransport() { return false; }

absl::StatusOr<std::unique_ptr<HttpClient>> MakeTransport(const HttpClientOptions&) {
  return absl::UnimplementedError(
      "Warden was built without libcurl, so it cannot ask servers over HTTPS; build it with "
      "WARDEN_WITH_CURL");
}

}  // namespace warden
