// Keeps the certificates of a server's ports up to date.
#ifndef WARDEN_INTERCEPTORS_GRPC_TLS_WATCH_H_
#define WARDEN_INTERCEPTORS_GRPC_TLS_WATCH_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/config.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/periodic.h"
#include "interceptors/tls_source.h"

namespace warden {

// Not thread-safe before Start; nothing to be called after it.
class TlsWatch {
 public:
  // The certificates of the port of that name, "" or one of the configuration's. The same for each
  // port of a name. InvalidArgument lists every problem with their files.
  absl::StatusOr<std::shared_ptr<TlsSource>> SourceOf(const LoadedConfig& config,
                                                      const std::string& port, absl::Time now);

  // Looks at the files again, each reload_interval, until destroyed. `metrics` learns of each look
  // at something new, and when the first of the certificates expires.
  void Start(std::shared_ptr<Metrics> metrics);

  // When the first of the certificates expires; InfiniteFuture without any. Thread-safe after
  // Start.
  absl::Time first_expiry() const;

 private:
  struct Watched {
    std::shared_ptr<TlsSource> source;
    absl::Duration interval;
  };
  void SetExpiry(Metrics& metrics) const;

  std::map<std::string, Watched> ports_;
  std::vector<std::unique_ptr<Periodic>> looks_;  // the first to go
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_TLS_WATCH_H_
