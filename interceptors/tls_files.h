// Reads a server's certificate files and checks them before they are used.
#ifndef WARDEN_INTERCEPTORS_TLS_FILES_H_
#define WARDEN_INTERCEPTORS_TLS_FILES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"

namespace warden {

struct TlsFiles {
  std::string certificate;  // paths of PEM files
  std::string private_key;
  std::string client_ca;
};

// A certificate chain and its key, as they stand in the files. Overwritten before it is freed.
struct TlsPair {
  std::string certificate;
  std::string private_key;
  absl::Time not_after;
  TlsPair() = default;
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;
  ~TlsPair();
};

// Each gives null and adds a problem for each file that cannot be read, holds no PEM of its kind,
// does not fit the other, or is not valid at `now`; of several CAs one must be valid. Thread-safe.
std::shared_ptr<const TlsPair> ReadTlsPair(const TlsFiles& files, absl::Time now,
                                           ProblemList* problems);
std::shared_ptr<const std::string> ReadClientCa(const TlsFiles& files, absl::Time now,
                                                ProblemList* problems);

// The end of the server certificate's validity, or InvalidArgument with one such problem a line.
// Thread-safe.
absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_TLS_FILES_H_
