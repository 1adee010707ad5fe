// Has a file looked at again and again, and tells operators what came of it.
#ifndef WARDEN_INTERCEPTORS_WATCH_RELOADS_H_
#define WARDEN_INTERCEPTORS_WATCH_RELOADS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/observe/operator_log.h"
#include "interceptors/periodic.h"

namespace warden {

// `reload` says nothing where nothing changed, as WatchedFile does. Each version is counted as
// `file`; one that cannot be used is logged as `part`'s.
inline std::unique_ptr<Periodic> WatchReloads(absl::Duration interval, ReloadedFile file,
                                              std::string part, std::shared_ptr<Metrics> metrics,
                                              std::function<std::optional<absl::Status>()> reload) {
  return std::make_unique<Periodic>(
      interval,
      [file, part = std::move(part), metrics = std::move(metrics), reload = std::move(reload)] {
        const std::optional<absl::Status> status = reload();
        if (!status.has_value()) return;
        metrics->RecordReload(file, status->ok(), absl::Now());
        if (!status->ok()) LogForOperator(part, std::string(status->message()));
      });
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_WATCH_RELOADS_H_
