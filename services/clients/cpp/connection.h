// How the client reaches a server and says who it is.
#ifndef WARDEN_SERVICES_CLIENTS_CPP_CONNECTION_H_
#define WARDEN_SERVICES_CLIENTS_CPP_CONNECTION_H_

#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orders/v1/orders.grpc.pb.h"

namespace orders::client {

struct ConnectionFlags {
  std::string target = "localhost:8443";
  std::string ca_file;
  std::string certificate_file;  // with key_file, or neither: then no certificate is shown
  std::string key_file;
  std::string token_file;  // no token is sent where empty
  double timeout_seconds = 10;
};

// One channel over TLS, and the credentials of its calls. Thread-safe once made.
class Connection {
 public:
  // InvalidArgument names the file that cannot be used; never what is in it.
  static absl::StatusOr<Connection> Open(const ConnectionFlags& flags);

  v1::OrderService::Stub& stub() { return *stub_; }

  // A context for one call: with the token and the deadline.
  std::unique_ptr<grpc::ClientContext> NewContext() const;

 private:
  Connection() = default;

  std::unique_ptr<v1::OrderService::Stub> stub_;
  std::string token_;
  double timeout_seconds_ = 0;
};

}  // namespace orders::client

#endif  // WARDEN_SERVICES_CLIENTS_CPP_CONNECTION_H_
