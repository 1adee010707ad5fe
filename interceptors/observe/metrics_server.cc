#include "interceptors/observe/metrics_server.h"

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
#include "absl/strings/str_cat.h"
#include "interceptors/observe/listen_address.h"

namespace warden {
namespace {

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

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const MetricsServerOptions& options, std::shared_ptr<prometheus::Collectable> metrics) {
  const absl::StatusOr<ListenAddress> endpoint =
      ParseListenAddress("metrics address", options.address);
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
