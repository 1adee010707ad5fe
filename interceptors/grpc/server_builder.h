// Builds a guarded gRPC server: in place of grpc::ServerBuilder, with the same habits.
//
//   absl::StatusOr<warden::LoadedConfig> config = warden::LoadConfig("warden.yaml");
//   if (!config.ok()) Die(config.status());
//   warden::ServerBuilder builder(*std::move(config));
//   builder.AddListeningPort("0.0.0.0:8443");
//   builder.RegisterService(&orders);
//   auto server = builder.BuildAndStart();
//   if (!server.ok()) Die(server.status());
//   (*server)->Wait();
#ifndef WARDEN_INTERCEPTORS_GRPC_SERVER_BUILDER_H_
#define WARDEN_INTERCEPTORS_GRPC_SERVER_BUILDER_H_

#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/config.h"
#include "interceptors/grpc/server.h"

namespace warden {

class DecisionSink;
class ProblemList;
class TlsWatch;
class UnknownMethodService;
struct AdminSettings;
struct ServedMethod;

// Not thread-safe; used once.
class ServerBuilder {
 public:
  explicit ServerBuilder(LoadedConfig config);
  ~ServerBuilder();
  ServerBuilder(const ServerBuilder&) = delete;
  ServerBuilder& operator=(const ServerBuilder&) = delete;

  // A port with the mutual TLS of the configuration. `*selected_port`, where given, becomes the
  // port that was bound, or 0, when the server starts. `port_name` is a key of the configuration's
  // `ports`: the port has that entry's certificates and accepts that entry's peers.
  ServerBuilder& AddListeningPort(const std::string& address, int* selected_port = nullptr,
                                  const std::string& port_name = "");

  // A port without TLS: whoever reaches it can call, as nobody, and read and alter what others
  // send. For tests, and for hosts where something else protects the port.
  ServerBuilder& InsecureAddPlaintextPort(const std::string& address, int* selected_port = nullptr);

  // Serves a generated service of the sync or the callback API behind the gate. It must outlive the
  // server.
  ServerBuilder& RegisterService(grpc::Service* service);

  // Serves grpc.health.v1.Health, of which every status follows the server's own checks, see
  // docs/admin.md. It does not pass the gate: the configuration's `unguarded_methods` must name
  // `/grpc.health.v1.Health/Check` and `/grpc.health.v1.Health/Watch`.
  ServerBuilder& ServeHealth();

  // Hears of every refusal instead of the log on stderr.
  ServerBuilder& SetDecisionSink(std::shared_ptr<DecisionSink> sink);

  // Judges calls and streams by another clock than the system's, as tests do. Limits and timeouts
  // go by intervals and do not heed it.
  ServerBuilder& SetClock(std::function<absl::Time()> clock);

  // gRPC's own builder, for everything else: message sizes, quotas, threads, plugins, interceptors
  // (they run after Warden has decided, and see only calls that it lets through or answers).
  // Services that are registered here directly do not pass the gate: the server starts only if the
  // configuration's `unguarded_methods` names each of their methods.
  grpc::ServerBuilder& grpc_builder();

  // Starts the server. InvalidArgument lists every problem at once, one a line: configuration,
  // certificates, policy, key sets, methods without annotation or with one that cannot be enforced,
  // services around the gate. Unavailable: a port cannot be bound. Nothing is served, not for a
  // moment, where it fails.
  absl::StatusOr<std::unique_ptr<Server>> BuildAndStart();

 private:
  class GrpcBuilder;
  struct Port {
    std::string address;
    int* selected = nullptr;
    bool insecure = false;
    std::string name;  // in the configuration's `ports`; "" for none
  };

  absl::Status Prepare(Server* server);
  absl::Status AddPorts(TlsWatch* tls);
  absl::Status StartMetrics(Server* server);
  void CheckHealth(ProblemList* problems) const;
  void PrepareHealth(const std::vector<ServedMethod>& methods, Server* server);
  absl::Status StartAdmin(Server* server);

  LoadedConfig config_;
  std::unique_ptr<GrpcBuilder> builder_;
  std::unique_ptr<UnknownMethodService> unknown_;
  std::unique_ptr<AdminSettings> admin_;  // once it was read
  bool serve_health_ = false;
  std::vector<grpc::Service*> services_;
  std::vector<Port> ports_;
  std::vector<int> bound_;
  std::shared_ptr<DecisionSink> sink_;
  std::function<absl::Time()> clock_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_SERVER_BUILDER_H_
