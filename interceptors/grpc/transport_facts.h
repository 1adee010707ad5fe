// Reads from gRPC's call what the stages want to know of the transport.
#ifndef WARDEN_INTERCEPTORS_GRPC_TRANSPORT_FACTS_H_
#define WARDEN_INTERCEPTORS_GRPC_TRANSPORT_FACTS_H_

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

#include "interceptors/call.h"

namespace warden {

// Asks gRPC's call, which must live at each Read.
class PeerAddress final : public AddressSource {
 public:
  explicit PeerAddress(grpc_call* call) : call_(call) {}
  std::string Read() const override;

 private:
  grpc_call* const call_;
};

// Fills a Call's transport facts and keeps alive what they are views of, so it must outlive their
// use. Not thread-safe; made on the stack of the thread that runs the gate.
class TransportFacts final : public ConnectionSource {
 public:
  TransportFacts(grpc_call* call, grpc::ServerContextBase& context, Call* out);
  ~TransportFacts() override;
  TransportFacts(const TransportFacts&) = delete;
  TransportFacts& operator=(const TransportFacts&) = delete;

  std::string_view ReadChain() const override;
  std::string_view ReadPort() const override;
  std::string_view ReadAuthority() const override;

 private:
  // The first one of that name; "" where the connection has none.
  std::string_view Property(const char* name) const;
  void ReadMetadata(grpc::ServerContextBase& context, Call* out);

  grpc_auth_context* const auth_context_;
  const grpc::ServerContextBase& context_;
  Call* const out_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_TRANSPORT_FACTS_H_
