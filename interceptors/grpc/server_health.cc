// How a server tells that it serves, and how it stops.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/grpc/server_parts.h"
#include "interceptors/observe/operator_log.h"

namespace warden {
namespace {

// How soon those who watch learn of a change that nobody announced.
constexpr absl::Duration kLookInterval = absl::Milliseconds(500);

}  // namespace

void Server::Serving() {
  parts_->guard->health()->SetServing();
  LookAtHealth();
  parts_->health_watch = std::make_unique<Periodic>(kLookInterval, [this] { LookAtHealth(); });
}

void Server::LookAtHealth() {
  const HealthReport report = parts_->guard->health()->Report();
  if (parts_->health != nullptr) parts_->health->Publish(report.ready);
  // Only what has changed state: a detail may hold an age.
  std::string states;
  for (const HealthCheck& check : report.checks) states += ToString(check.found.state);
  {
    MutexLock lock(&parts_->states_mutex);
    if (states == parts_->states) return;
    const bool first = parts_->states.empty();
    parts_->states = std::move(states);
    if ((first && report.ready) || parts_->guard->health()->draining()) return;
  }
  LogForOperator("health", Summary(report));
}

bool Server::SetServing(std::string_view service, bool serving) {
  return parts_->health != nullptr && parts_->health->SetServing(service, serving);
}

void Server::Drain(absl::Duration grace) {
  parts_->guard->health()->SetDraining();
  LookAtHealth();
  LogForOperator("health", absl::StrCat("draining for ", absl::FormatDuration(parts_->drain)));
  parts_->stopping.WaitForNotificationWithTimeout(parts_->drain);
  Shutdown(absl::Now() + grace);
}

void Server::Shutdown(absl::Time deadline) {
  parts_->guard->health()->SetDraining();
  LookAtHealth();
  {
    MutexLock lock(&parts_->states_mutex);
    if (!parts_->stopping.HasBeenNotified()) parts_->stopping.Notify();
  }
  if (parts_->health != nullptr) parts_->health->EndWatches();
  parts_->guard->StopDelays();
  parts_->guard->StopWaiting(deadline);
  parts_->server->Shutdown(absl::ToChronoTime(deadline));
}

}  // namespace warden
