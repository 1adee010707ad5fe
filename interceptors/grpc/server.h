// A guarded gRPC server that is running.
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVER_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVER_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/admin/admin_server.h"
#include "interceptors/grpc/tls_watch.h"
#include "interceptors/guard.h"
#include "interceptors/periodic.h"

namespace warden {

class HealthService;
class StreamWatch;
class UnknownMethodService;

// Made by ServerBuilder. Thread-safe. The destructor shuts down at once, cancelling the calls in
// progress.
class Server {
 public:
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops without losing a call: says that it is not ready any more (/readyz, health service,
  // warden_ready), goes on answering for the configuration's `admin.drain` so that balancers turn
  // away, and then shuts down with `grace` for the calls in progress. Returns when all have ended;
  // a Shutdown meanwhile ends the wait. For a handler of SIGTERM.
  void Drain(absl::Duration grace);
  // Refuses new calls, waits for those in progress until `deadline`, then cancels the rest.
  void Shutdown(absl::Time deadline);
  // Until Shutdown was called, by another thread, and every handler has returned.
  void Wait();

  // Opens the audit log's file by its path again: what SIGHUP is to do where something else rotates
  // it. Returns at once; not for signal handlers.
  void ReopenAudit();

  // The port that serves metrics; 0 where none is configured.
  uint16_t metrics_port() const;
  // That of `admin`, likewise.
  uint16_t admin_port() const;
  // What ServerBuilder::ServeHealth says of one guarded service ("orders.v1.OrderService"), which
  // may not serve while the server as a whole does. False where there is no such service, or health
  // is not served.
  bool SetServing(std::string_view service, bool serving);
  Guard& guard() { return *guard_; }
  grpc::Server& grpc_server() { return *server_; }

 private:
  friend class ServerBuilder;
  Server();
  void Serving();  // from now on
  void LookAtHealth();

  // In the order of destruction's reverse: the gRPC server goes first.
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<UnknownMethodService> unknown_;
  std::unique_ptr<StreamWatch> watch_;  // null where streams may outlive their credentials
  std::vector<std::unique_ptr<grpc::Service>> gated_;
  std::unique_ptr<MetricsServer> metrics_;
  std::unique_ptr<AdminServer> admin_;
  std::shared_ptr<TlsWatch> tls_;
  std::unique_ptr<HealthService> health_;  // null where it is not served
  std::unique_ptr<grpc::Server> server_;
  absl::Duration drain_;
  absl::Notification stopping_;
  Mutex states_mutex_;
  std::string states_ ABSL_GUARDED_BY(states_mutex_);  // of the checks, when last looked at
  std::unique_ptr<Periodic> health_watch_;             // the first to go
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVER_H_
