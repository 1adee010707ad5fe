// What a Server is made of. Internal to interceptors/grpc: programs that include server.h compile
// none of it.
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVER_PARTS_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVER_PARTS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/notification.h"
#include "authz/sync/mutex.h"
#include "interceptors/admin/admin_server.h"
#include "interceptors/grpc/health_service.h"
#include "interceptors/grpc/server.h"
#include "interceptors/grpc/stream_watch.h"
#include "interceptors/grpc/tls_watch.h"
#include "interceptors/grpc/unknown_method_service.h"
#include "interceptors/guard.h"
#include "interceptors/observe/metrics_server.h"
#include "interceptors/periodic.h"

namespace warden {

// In the order of destruction's reverse: the gRPC server goes before what it uses.
struct Server::Parts {
  std::unique_ptr<Guard> guard;
  std::unique_ptr<UnknownMethodService> unknown;
  std::unique_ptr<StreamWatch> watch;  // null where streams may outlive their credentials
  std::vector<std::unique_ptr<grpc::Service>> gated;
  std::unique_ptr<MetricsServer> metrics;
  std::unique_ptr<AdminServer> admin;
  std::shared_ptr<TlsWatch> tls;
  std::unique_ptr<HealthService> health;  // null where it is not served
  std::unique_ptr<grpc::Server> server;
  absl::Duration drain;
  absl::Notification stopping;
  Mutex states_mutex;
  std::string states ABSL_GUARDED_BY(states_mutex);  // of the checks, when last looked at
  std::unique_ptr<Periodic> health_watch;            // the first to go
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVER_PARTS_H_
