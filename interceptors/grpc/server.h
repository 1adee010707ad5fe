// A guarded gRPC server that is running.
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVER_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVER_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "interceptors/grpc/tls_watch.h"
#include "interceptors/guard.h"

namespace warden {

class StreamWatch;
class UnknownMethodService;

// Made by ServerBuilder. Thread-safe. The destructor shuts down at once, cancelling the calls in
// progress.
class Server {
 public:
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Refuses new calls, waits for those in progress until `deadline`, then cancels the rest.
  void Shutdown(absl::Time deadline);
  // Until Shutdown was called, by another thread, and every handler has returned.
  void Wait();

  // Opens the audit log's file by its path again: what SIGHUP is to do where something else rotates
  // it. Returns at once; not for signal handlers.
  void ReopenAudit();

  // The port that serves metrics; 0 where none is configured.
  uint16_t metrics_port() const;
  Guard& guard() { return *guard_; }
  grpc::Server& grpc_server() { return *server_; }

 private:
  friend class ServerBuilder;
  Server();

  // In the order of destruction's reverse: the gRPC server goes first.
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<UnknownMethodService> unknown_;
  std::unique_ptr<StreamWatch> watch_;  // null where streams may outlive their credentials
  std::vector<std::unique_ptr<grpc::Service>> gated_;
  std::unique_ptr<MetricsServer> metrics_;
  std::unique_ptr<TlsWatch> tls_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVER_H_
