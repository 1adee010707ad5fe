#include "interceptors/observe/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>

#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

struct Endpoint {
  std::string host;  // "127.0.0.1" or "[::1]"
  uint16_t port = 0;
  bool loopback = false;
};

// Reads an IP address as it is written; false if it is none.
bool ReadHost(const std::string& host, Endpoint* out) {
  out->host = host == "localhost" ? "127.0.0.1" : host;
  in_addr v4 = {};
  if (inet_pton(AF_INET, out->host.c_str(), &v4) == 1) {
    out->loopback = (ntohl(v4.s_addr) >> 24) == 127;
    return true;
  }
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  in6_addr v6 = {};
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) != 1) return false;
  out->loopback = IN6_IS_ADDR_LOOPBACK(&v6);
  return true;
}

absl::StatusOr<Endpoint> ParseAddress(const std::string& address) {
  const absl::Status malformed = absl::InvalidArgumentError(absl::StrCat(
      "metrics address \"", address, "\": must be IP:PORT, such as 127.0.0.1:9464 or [::1]:9464"));
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return malformed;
  Endpoint endpoint;
  const std::string port = address.substr(colon + 1);
  uint32_t number = 0;
  const bool digits = !port.empty() && port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) return malformed;
  if (!ReadHost(address.substr(0, colon), &endpoint)) return malformed;
  endpoint.port = static_cast<uint16_t>(number);
  return endpoint;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const MetricsServerOptions& options, std::shared_ptr<prometheus::Collectable> metrics) {
  absl::StatusOr<Endpoint> endpoint = ParseAddress(options.address);
  if (!endpoint.ok()) return endpoint.status();
  if (!endpoint->loopback && !options.insecure_allow_public_address) {
    return absl::InvalidArgumentError(absl::StrCat(
        "metrics address \"", options.address,
        "\": is not a loopback address; insecure_allow_public_address would allow it"));
  }
  const std::vector<std::string> server_options = {
      "listening_ports",    absl::StrCat(endpoint->host, ":", endpoint->port),
      "num_threads",        "2",
      "request_timeout_ms", "5000",  // a silent client does not hold a thread for long
      "additional_header",  "X-Content-Type-Options: nosniff\r\nCache-Control: no-store"};
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(server_options);
    const std::vector<int> ports = exposer->GetListeningPorts();
    if (ports.empty()) return absl::UnavailableError("metrics: the HTTP server has no port");
    exposer->RegisterCollectable(metrics);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(metrics), std::move(exposer),
                                                            std::move(endpoint->host),
                                                            static_cast<uint16_t>(ports.front())));
  } catch (const std::exception& error) {  // CivetException: the address is taken or not ours
    return absl::UnavailableError(
        absl::StrCat("metrics address \"", options.address, "\": cannot listen: ", error.what()));
  }
}

MetricsServer::MetricsServer(std::shared_ptr<prometheus::Collectable> metrics,
                             std::unique_ptr<prometheus::Exposer> exposer, std::string host,
                             uint16_t port)
    : metrics_(std::move(metrics)),
      exposer_(std::move(exposer)),
      port_(port),
      address_(absl::StrCat(host, ":", port)) {}

MetricsServer::~MetricsServer() = default;

}  // namespace warden
