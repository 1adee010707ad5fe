// The transport credentials of a guarded port.
#ifndef WARDEN_INTERCEPTORS_GRPC_TLS_H_
#define WARDEN_INTERCEPTORS_GRPC_TLS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "interceptors/tls_source.h"

namespace warden {

// The property of a connection's gRPC AuthContext that holds its port's name.
inline constexpr char kPortProperty[] = "warden_port";

// Mutual TLS: version 1.2 at least, 1.3 preferred, a client certificate signed by a CA of `source`
// required. Each new connection uses what `source` has then; those that are open stay as they are.
//
// A port has credentials of its own: gRPC does not tell a call which port it came by, so where
// `port_name` is not empty, every connection of these credentials gets kPortProperty before its
// first call is seen. Safe to destroy while a server uses them.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(std::shared_ptr<TlsSource> source,
                                                               std::string port_name = "");

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_TLS_H_
