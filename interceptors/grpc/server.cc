#include "interceptors/grpc/server.h"

#include "absl/time/clock.h"
#include "interceptors/grpc/server_parts.h"

namespace warden {

Server::Server() : parts_(std::make_unique<Parts>()) {}

Server::~Server() {
  if (parts_->server != nullptr) Shutdown(absl::Now());
  parts_->health_watch.reset();  // it uses parts_
}

Guard& Server::guard() { return *parts_->guard; }

grpc::Server& Server::grpc_server() { return *parts_->server; }

void Server::ReopenAudit() { parts_->guard->ReopenAudit(); }

void Server::Wait() { parts_->server->Wait(); }

uint16_t Server::metrics_port() const {
  return parts_->metrics == nullptr ? uint16_t{0} : parts_->metrics->port();
}

uint16_t Server::admin_port() const {
  return parts_->admin == nullptr ? uint16_t{0} : parts_->admin->port();
}

}  // namespace warden
