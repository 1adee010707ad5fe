#include "interceptors/observe/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <system_error>
#include <thread>
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
  sockaddr_storage address = {};  // without the port
  bool loopback = false;
};

// Reads an IP address as it is written; false if it is none.
bool ReadHost(const std::string& host, Endpoint* out) {
  out->host = host == "localhost" ? "127.0.0.1" : host;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out->address);
  if (inet_pton(AF_INET, out->host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    out->loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    return true;
  }
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out->address);
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) != 1) {
    return false;
  }
  v6->sin6_family = AF_INET6;
  out->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
  return true;
}

// Connects to the server and hangs up, so that its listening thread looks up from its poll.
void Nudge(sockaddr_storage address, uint16_t port) {
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // The port lies at the same place for both families.
  reinterpret_cast<sockaddr_in*>(&address)->sin_port = htons(port);
  const int connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  (void)connected;  // in progress, or refused once the server has gone
  close(fd);
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
      "request_timeout_ms", "5000"};  // a silent client does not hold a thread for long
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(server_options);
    const std::vector<int> ports = exposer->GetListeningPorts();
    if (ports.empty()) return absl::UnavailableError("metrics: the HTTP server has no port");
    exposer->RegisterCollectable(metrics);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(metrics), std::move(exposer),
                                                            endpoint->host, endpoint->address,
                                                            static_cast<uint16_t>(ports.front())));
  } catch (const std::exception& error) {  // CivetException: the address is taken or not ours
    return absl::UnavailableError(
        absl::StrCat("metrics address \"", options.address, "\": cannot listen: ", error.what()));
  }
}

MetricsServer::MetricsServer(std::shared_ptr<prometheus::Collectable> metrics,
                             std::unique_ptr<prometheus::Exposer> exposer, const std::string& host,
                             const sockaddr_storage& socket_address, uint16_t port)
    : metrics_(std::move(metrics)),
      exposer_(std::move(exposer)),
      socket_address_(std::make_unique<sockaddr_storage>(socket_address)),
      port_(port),
      address_(absl::StrCat(host, ":", port)) {}

// The HTTP server looks only every two seconds whether it shall stop, unless somebody connects.
MetricsServer::~MetricsServer() {
  std::atomic<bool> stopped{false};
  std::thread nudger;
  try {
    nudger = std::thread([&] {
      while (!stopped) {
        Nudge(*socket_address_, port_);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
  } catch (const std::system_error&) {  // no thread to be had: then it takes two seconds
  }
  exposer_.reset();
  stopped = true;
  if (nudger.joinable()) nudger.join();
}

}  // namespace warden
