// How a server tells that it serves, and how it stops.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/grpc/health_service.h"
#include "interceptors/grpc/server.h"
#include "interceptors/observe/operator_log.h"

namespace warden {
namespace {

// How soon those who watch learn of a change that nobody announced.
constexpr absl::Duration kLookInterval = absl::Milliseconds(500);

}  // namespace

void Server::Serving() {
  guard_->health()->SetServing();
  LookAtHealth();
  health_watch_ = std::make_unique<Periodic>(kLookInterval, [this] { LookAtHealth(); });
}

void Server::LookAtHealth() {
  const HealthReport report = guard_->health()->Report();
  if (health_ != nullptr) health_->Publish(report.ready);
  // Only what has changed state: a detail may hold an age.
  std::string states;
  for (const HealthCheck& check : report.checks) states += ToString(check.found.state);
  {
    MutexLock lock(&states_mutex_);
    if (states == states_) return;
    const bool first = states_.empty();
    states_ = std::move(states);
    if ((first && report.ready) || guard_->health()->draining()) return;
  }
  LogForOperator("health", Summary(report));
}

bool Server::SetServing(std::string_view service, bool serving) {
  return health_ != nullptr && health_->SetServing(service, serving);
}

void Server::Drain(absl::Duration grace) {
  guard_->health()->SetDraining();
  LookAtHealth();
  LogForOperator("health", absl::StrCat("draining for ", absl::FormatDuration(drain_)));
  stopping_.WaitForNotificationWithTimeout(drain_);
  Shutdown(absl::Now() + grace);
}

void Server::Shutdown(absl::Time deadline) {
  guard_->health()->SetDraining();
  LookAtHealth();
  {
    MutexLock lock(&states_mutex_);
    if (!stopping_.HasBeenNotified()) stopping_.Notify();
  }
  if (health_ != nullptr) health_->EndWatches();
  guard_->StopDelays();
  guard_->StopWaiting(deadline);
  server_->Shutdown(absl::ToChronoTime(deadline));
}

}  // namespace warden
