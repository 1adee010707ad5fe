#include "interceptors/grpc/tls_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "interceptors/port_settings.h"

namespace warden {

absl::StatusOr<std::shared_ptr<TlsSource>> TlsWatch::SourceOf(const LoadedConfig& config,
                                                              const std::string& port,
                                                              absl::Time now) {
  const auto known = ports_.find(port);
  if (known != ports_.end()) return known->second.source;
  const PortSettings settings = SettingsOfPort(config.config, port);
  absl::StatusOr<std::shared_ptr<TlsSource>> source =
      TlsSource::Create(TlsFilesOf(config, settings), now);
  if (source.ok()) ports_[port] = {*source, settings.reload_interval};
  return source;
}

void TlsWatch::Start(std::shared_ptr<Metrics> metrics) {
  SetExpiry(*metrics);
  for (const auto& [name, port] : ports_) {
    looks_.push_back(
        std::make_unique<Periodic>(port.interval, [this, metrics, source = port.source] {
          const absl::Time now = absl::Now();
          const std::optional<absl::Status> looked = source->Look(now);
          if (!looked.has_value()) return;
          metrics->RecordReload(ReloadedFile::kCertificate, looked->ok(), now);
          SetExpiry(*metrics);
        }));
  }
}

absl::Time TlsWatch::first_expiry() const {
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [name, port] : ports_) {
    first = std::min(first, port.source->current().pair->not_after);
  }
  return first;
}

void TlsWatch::SetExpiry(Metrics& metrics) const {
  const absl::Time first = first_expiry();
  if (first != absl::InfiniteFuture()) metrics.SetCertificateExpiry(first);
}

}  // namespace warden
