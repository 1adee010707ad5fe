// The transport credentials of a guarded port.
#ifndef WARDEN_INTERCEPTORS_GRPC_TLS_H_
#define WARDEN_INTERCEPTORS_GRPC_TLS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/config.h"

namespace warden {

// Mutual TLS from the files of `config.tls`: version 1.2 at least, 1.3 preferred, a client
// certificate signed by the configured CA required. The files are looked at again every
// reload_interval: new connections use what they say then, while a set that cannot be read or does
// not fit together leaves the last good one in use.
//
// InvalidArgument lists every problem with the files as they are now: unreadable, no certificate in
// them, a key that does not belong to its certificate, a certificate that is not valid at `now`.
// Sets `*not_after` to the end of the server certificate's validity.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const LoadedConfig& config, absl::Time now, absl::Time* not_after);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_TLS_H_
