// Serves metrics to Prometheus over HTTP, on a port of their own.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_METRICS_SERVER_H_
#define WARDEN_INTERCEPTORS_OBSERVE_METRICS_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct sockaddr_storage;

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace warden {

struct MetricsServerOptions {
  // "127.0.0.1:9464", "[::1]:9464" or "localhost:9464" (the IPv4 loopback); port 0 takes a free
  // one.
  std::string address = "127.0.0.1:0";
  // Metrics tell an attacker which attacks are noticed: an address that is not loopback needs this.
  bool insecure_allow_public_address = false;
};

// GET /metrics answers in the Prometheus text format; every other path is 404. Two worker threads.
// Serves from Start until destruction, which closes the port and ends the threads.
class MetricsServer {
 public:
  // InvalidArgument: the address is malformed, or public without the opt-in. Unavailable: it cannot
  // be bound. Never throws. Holds `metrics` while it lives.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const MetricsServerOptions& options, std::shared_ptr<prometheus::Collectable> metrics);
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }  // HOST:PORT as bound

 private:
  MetricsServer(std::shared_ptr<prometheus::Collectable> metrics,
                std::unique_ptr<prometheus::Exposer> exposer, const std::string& host,
                const sockaddr_storage& socket_address, uint16_t port);

  std::shared_ptr<prometheus::Collectable> metrics_;
  std::unique_ptr<prometheus::Exposer> exposer_;
  std::unique_ptr<sockaddr_storage> socket_address_;
  uint16_t port_;
  std::string address_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_METRICS_SERVER_H_
