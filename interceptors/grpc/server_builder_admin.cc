// The start-up of what tells operators and balancers how a server fares: admin port and health
// service.
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/grpc/server_builder.h"
#include "interceptors/grpc/server_parts.h"

namespace warden {
namespace {

// A port that has no certificate to expire, an insecure one, is not here.
HealthFinding FindCertificate(const TlsWatch& tls, absl::Time now) {
  const absl::Time end = tls.first_expiry();
  const std::string text = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", end, absl::UTCTimeZone());
  if (now < end) return {HealthState::kOk, absl::StrCat("ends on ", text)};
  return {HealthState::kFailed, absl::StrCat("has expired on ", text)};
}

}  // namespace

ServerBuilder& ServerBuilder::ServeHealth() {
  serve_health_ = true;
  return *this;
}

void ServerBuilder::PrepareHealth(const std::vector<ServedMethod>& methods, Server* server) {
  const std::shared_ptr<HealthRegistry>& health = server->parts_->guard->health();
  if (server->parts_->tls->first_expiry() != absl::InfiniteFuture()) {
    health->Add("certificate",
                [tls = server->parts_->tls] { return FindCertificate(*tls, absl::Now()); });
  }
  server->parts_->drain = admin_->drain;
  if (!serve_health_) return;
  std::vector<std::string> services;
  for (const ServedMethod& method : methods) {
    services.push_back(method.name.substr(1, method.name.rfind('/') - 1));
  }
  server->parts_->health = std::make_unique<HealthService>(health, services);
  grpc_builder().RegisterService(server->parts_->health.get());
}

void ServerBuilder::CheckHealth(ProblemList* problems) const {
  const auto& unguarded = config_.config.unguarded_methods();
  for (const char* method : {kHealthCheckMethod, kHealthWatchMethod}) {
    if (!serve_health_) break;
    if (std::find(unguarded.begin(), unguarded.end(), method) != unguarded.end()) continue;
    problems->Add(method,
                  "ServeHealth() serves it around the gate: name it in `unguarded_methods`");
  }
  if (serve_health_ && grpc::DefaultHealthCheckServiceEnabled()) {
    problems->Add(kHealthService,
                  "is served twice: ServeHealth() and gRPC's default health service; leave one");
  }
}

absl::Status ServerBuilder::StartAdmin(Server* server) {
  if (!admin_->enabled) return absl::OkStatus();
  Guard* const guard = server->parts_->guard.get();
  absl::StatusOr<std::unique_ptr<AdminServer>> started = AdminServer::Start(
      *admin_, {.metrics = guard->metrics(), .health = guard->health(), .policy = [guard] {
                  return guard->AccessOfRoles();
                }});
  if (!started.ok()) {
    return absl::Status(started.status().code(),
                        absl::StrCat(config_.places.Place("admin.address"),
                                     ": admin: ", started.status().message()));
  }
  server->parts_->admin = *std::move(started);
  guard->metrics()->AddFamilies(
      [pages = server->parts_->admin->pages()] { return pages->Families(); });
  return absl::OkStatus();
}

}  // namespace warden
