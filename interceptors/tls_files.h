// Checks a server's certificate files before they are used.
#ifndef WARDEN_INTERCEPTORS_TLS_FILES_H_
#define WARDEN_INTERCEPTORS_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace warden {

struct TlsFiles {
  std::string certificate;  // paths of PEM files
  std::string private_key;
  std::string client_ca;
};

// The end of the server certificate's validity, or InvalidArgument with one problem a line: a file
// that cannot be read, holds no PEM of its kind, or does not fit the others, and a certificate that
// is not valid at `now`. Thread-safe.
absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_TLS_FILES_H_
