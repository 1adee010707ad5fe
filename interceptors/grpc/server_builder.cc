#include "interceptors/grpc/server_builder.h"

#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/gate.h"
#include "interceptors/grpc/guard_interceptor.h"
#include "interceptors/grpc/guard_user.h"
#include "interceptors/grpc/message_interceptor.h"
#include "interceptors/grpc/private_access.h"
#include "interceptors/grpc/rate_limit_service.h"
#include "interceptors/grpc/server_parts.h"
#include "interceptors/grpc/service_check.h"
#include "interceptors/grpc/tls.h"
#include "interceptors/port_settings.h"

namespace warden {
namespace {

MethodNames UnguardedOf(const LoadedConfig& config) {
  const auto& names = config.config.unguarded_methods();
  return {names.begin(), names.end()};
}

// gRPC refuses metadata over 8 KiB by itself, unless told otherwise: without details, count or
// record. This leaves room for Warden to do it, and for what gRPC counts besides keys and values
// (32 bytes an entry, RFC 9113 section 6.5.2; pseudo-headers).
int GrpcMetadataBytes(const v1::Config& config) {
  constexpr size_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(2 * MaxMetadataBytes(config) + 8192, kMost));
}

// "orders.v1.OrderService" of "/orders.v1.OrderService/GetOrder".
std::string ServiceOf(const std::string& method) { return method.substr(1, method.rfind('/') - 1); }

void AddStatus(const absl::Status& status, std::string* lines) {
  // Two ports can have the same problem.
  if (lines->find(std::string(status.message())) != std::string::npos) return;
  if (!lines->empty()) lines->append("\n");
  absl::StrAppend(lines, status.message());
}

}  // namespace

// services() is for derived classes.
class ServerBuilder::GrpcBuilder final : public grpc::ServerBuilder {
 public:
  using grpc::ServerBuilder::services;
};

ServerBuilder::ServerBuilder(LoadedConfig config)
    : config_(std::move(config)),
      builder_(std::make_unique<GrpcBuilder>()),
      unknown_(std::make_unique<UnknownMethodService>()) {
  builder_->RegisterCallbackGenericService(unknown_.get());
}

ServerBuilder::~ServerBuilder() = default;

ServerBuilder& ServerBuilder::AddListeningPort(const std::string& address, int* selected_port,
                                               const std::string& port_name) {
  ports_.push_back({.address = address, .selected = selected_port, .name = port_name});
  return *this;
}

ServerBuilder& ServerBuilder::InsecureAddPlaintextPort(const std::string& address,
                                                       int* selected_port) {
  ports_.push_back({.address = address, .selected = selected_port, .insecure = true});
  return *this;
}

ServerBuilder& ServerBuilder::RegisterService(grpc::Service* service) {
  services_.push_back(service);
  return *this;
}

ServerBuilder& ServerBuilder::SetDecisionSink(std::shared_ptr<DecisionSink> sink) {
  sink_ = std::move(sink);
  return *this;
}

ServerBuilder& ServerBuilder::SetClock(std::function<absl::Time()> clock) {
  clock_ = std::move(clock);
  return *this;
}

grpc::ServerBuilder& ServerBuilder::grpc_builder() { return *builder_; }

absl::StatusOr<std::unique_ptr<Server>> ServerBuilder::BuildAndStart() {
  std::unique_ptr<Server> server(new Server);
  if (const absl::Status status = Prepare(server.get()); !status.ok()) return status;
  if (const absl::Status status = StartMetrics(server.get()); !status.ok()) return status;
  if (const absl::Status status = StartAdmin(server.get()); !status.ok()) return status;
  try {
    server->parts_->server = builder_->BuildAndStart();
  } catch (const StartRefused& refused) {
    return absl::InvalidArgumentError(refused.what());
  }
  const bool bound = std::all_of(bound_.begin(), bound_.end(), [](int port) { return port > 0; });
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].selected != nullptr) *ports_[i].selected = bound_[i];
  }
  if (server->parts_->server == nullptr || !bound) {
    std::string addresses;
    for (const Port& port : ports_) absl::StrAppend(&addresses, " ", port.address);
    return absl::UnavailableError(absl::StrCat("cannot listen on", addresses));
  }
  server->Serving();
  return server;
}

// Everything short of listening. Problems of all parts are gathered, so that one start shows them
// all.
absl::Status ServerBuilder::Prepare(Server* server) {
  Server::Parts& parts = *server->parts_;
  const MethodNames unguarded = UnguardedOf(config_);
  ProblemList problems;
  std::vector<ServedMethod> methods;
  for (const grpc::Service* service : services_) ListMethods(*service, &methods, &problems);
  for (const auto* direct : builder_->services()) {
    CheckDirectService(*direct->service, unguarded, &problems);
  }
  CheckHealth(&problems);
  admin_ = std::make_unique<AdminSettings>(ReadAdminSettings(config_, &problems));
  if (grpc::DefaultHealthCheckServiceEnabled()) {
    for (const char* method : {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}) {
      if (!unguarded.contains(method)) {
        problems.Add(method,
                     "the default health service is enabled, but not in `unguarded_methods`");
      }
    }
  }
  const bool insecure =
      std::any_of(ports_.begin(), ports_.end(), [](const Port& port) { return port.insecure; });
  UseLimitServiceClient(ConnectRateLimitService);
  absl::StatusOr<std::unique_ptr<Guard>> guard =
      Guard::Create(config_, methods,
                    {.insecure_allow_no_certificate = insecure, .sink = sink_, .clock = clock_});
  parts.tls = std::make_shared<TlsWatch>();
  const absl::Status ports = AddPorts(parts.tls.get());

  std::string lines;
  for (const absl::Status& status : {problems.ToStatus(), guard.status(), ports}) {
    if (!status.ok()) AddStatus(status, &lines);
  }
  if (!lines.empty()) return absl::InvalidArgumentError(lines);

  parts.guard = *std::move(guard);
  for (grpc::Service* service : services_) {
    if (auto* user = dynamic_cast<GuardUser*>(service)) user->UseGuard(parts.guard.get());
  }
  if (parts.guard->watches_streams()) {
    parts.watch = std::make_unique<StreamWatch>(parts.guard.get());
  }
  parts.tls->Start(parts.guard->metrics());
  MethodNames gated;
  for (const ServedMethod& method : methods) gated.insert(ServiceOf(method.name));
  PrepareHealth(methods, server);
  if (serve_health_) gated.insert(kHealthService);  // CheckHealth has seen its methods
  for (grpc::Service* service : services_) {
    parts.gated.push_back(
        std::make_unique<GatedService>(service, parts.guard.get(), parts.watch.get()));
    builder_->RegisterService(parts.gated.back().get());
  }
  builder_->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, GrpcMetadataBytes(config_.config));
  unknown_->SetGuard(parts.guard.get());
  parts.unknown = std::move(unknown_);
  auto& factories = grpc_private::InterceptorFactoriesOf(*builder_);
  factories.insert(factories.begin(),
                   std::make_unique<GuardInterceptorFactory>(parts.guard.get(), unguarded));
  if (parts.guard->looks_at_messages()) {
    factories.push_back(std::make_unique<MessageInterceptorFactory>(parts.guard.get()));
  }
  builder_->SetOption(MakePluginCheck(std::move(gated), unguarded));
  return absl::OkStatus();
}

absl::Status ServerBuilder::AddPorts(TlsWatch* tls) {
  bound_.assign(ports_.size(), 0);
  if (ports_.empty()) return absl::InvalidArgumentError("no port: call AddListeningPort");
  const std::vector<std::string> names = PortNames(config_.config);
  ProblemList unknown;
  std::string lines;
  for (size_t i = 0; i < ports_.size(); ++i) {
    const Port& port = ports_[i];
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (!port.insecure) {
      if (std::find(names.begin(), names.end(), port.name) == names.end()) {
        unknown.AddAt(config_.places, "ports",
                      absl::StrCat("has no ", Quoted(port.name), ", which AddListeningPort(",
                                   port.address, ") names", Suggestion(port.name, names)));
        continue;
      }
      absl::StatusOr<std::shared_ptr<TlsSource>> source =
          tls->SourceOf(config_, port.name, absl::Now());
      if (!source.ok()) {
        AddStatus(source.status(), &lines);
        continue;
      }
      credentials = MakeServerCredentials(*std::move(source), port.name);
    }
    builder_->AddListeningPort(port.address, std::move(credentials), &bound_[i]);
  }
  if (!unknown.empty()) AddStatus(unknown.ToStatus(), &lines);
  return lines.empty() ? absl::OkStatus() : absl::InvalidArgumentError(lines);
}

absl::Status ServerBuilder::StartMetrics(Server* server) {
  const v1::MetricsConfig& metrics = config_.config.metrics();
  if (metrics.address().empty()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<MetricsServer>> started = MetricsServer::Start(
      {.address = metrics.address(),
       .insecure_allow_public_address = metrics.insecure_allow_public_address()},
      server->parts_->guard->metrics());
  if (!started.ok()) {
    return absl::Status(
        started.status().code(),
        absl::StrCat(config_.places.Place("metrics.address"), ": ", started.status().message()));
  }
  server->parts_->metrics = *std::move(started);
  return absl::OkStatus();
}

}  // namespace warden
