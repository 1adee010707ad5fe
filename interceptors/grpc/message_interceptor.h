// Looks at the messages of calls that were let in: requests that are streamed are checked before
// the handler sees them, and responses lose what the caller may not see.
//
// gRPC shows an interceptor a message that arrived, but has no way to take it back from the
// handler's read. This one has: it does not let the read's batch go on, but has gRPC complete it
// once more, now without a message, which is what gRPC does for a read that failed. It needs no
// knowledge of the message's C++ type and works alike on the sync and the callback API.
#ifndef WARDEN_INTERCEPTORS_GRPC_MESSAGE_INTERCEPTOR_H_
#define WARDEN_INTERCEPTORS_GRPC_MESSAGE_INTERCEPTOR_H_

#include <grpcpp/support/server_interceptor.h>

#include "interceptors/guard.h"

namespace warden {

// Makes an interceptor object for calls to methods whose messages are to be looked at, and none for
// others, which costs those nothing. REQUIRES: it is the last of the server's factories, so that
// its interceptor is the first to see what arrived and the last to see what is sent. Thread-safe.
class MessageInterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // REQUIRES: `guard` outlives the server.
  explicit MessageInterceptorFactory(Guard* guard) : guard_(guard) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  Guard* const guard_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_MESSAGE_INTERCEPTOR_H_
