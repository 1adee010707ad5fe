// The certificates of a port, as its files say while the server runs.
#ifndef WARDEN_INTERCEPTORS_TLS_SOURCE_H_
#define WARDEN_INTERCEPTORS_TLS_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "interceptors/tls_files.h"

namespace warden {

// What connections are opened with.
struct TlsMaterial {
  std::shared_ptr<const TlsPair> pair;
  std::shared_ptr<const std::string> client_ca;  // PEM

  friend bool operator==(const TlsMaterial&, const TlsMaterial&) = default;  // the same objects
};

// Thread-safe, but for Look, which one thread runs.
class TlsSource {
 public:
  // InvalidArgument lists every problem with the files.
  static absl::StatusOr<std::shared_ptr<TlsSource>> Create(TlsFiles files, absl::Time now);

  TlsMaterial current() const;

  // Looks at the files again. A certificate whose key is not there yet, or any other pair that does
  // not fit, leaves the last good pair in use until both files are replaced; the CAs are taken up
  // by themselves. Nullopt where there is nothing new; else whether all could be used.
  std::optional<absl::Status> Look(absl::Time now);

 private:
  explicit TlsSource(TlsFiles files) : files_(std::move(files)) {}

  const TlsFiles files_;
  std::string problems_;  // of the last look
  mutable Mutex mutex_;
  TlsMaterial current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_TLS_SOURCE_H_
