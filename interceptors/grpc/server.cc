#include "interceptors/grpc/server.h"

#include "interceptors/grpc/health_service.h"
#include "interceptors/grpc/stream_watch.h"
#include "interceptors/grpc/unknown_method_service.h"

namespace warden {

Server::Server() = default;

Server::~Server() {
  if (server_ != nullptr) Shutdown(absl::Now());
}

void Server::ReopenAudit() { guard_->ReopenAudit(); }

void Server::Wait() { server_->Wait(); }

uint16_t Server::metrics_port() const {
  return metrics_ == nullptr ? uint16_t{0} : metrics_->port();
}

uint16_t Server::admin_port() const { return admin_ == nullptr ? uint16_t{0} : admin_->port(); }

}  // namespace warden
