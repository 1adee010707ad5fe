// A guarded gRPC server that is running.
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVER_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVER_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/time/time.h"

namespace warden {

class Guard;

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
  Guard& guard();
  grpc::Server& grpc_server();

 private:
  friend class ServerBuilder;
  struct Parts;  // server_parts.h
  Server();
  void Serving();  // from now on
  void LookAtHealth();

  const std::unique_ptr<Parts> parts_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVER_H_
