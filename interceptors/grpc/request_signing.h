// Signs a client's requests for methods whose `access` is `signed`, see docs/signing.md.
//
//   auto key = warden::SigningKey::FromJwk(jwk_json);
//   auto signer = warden::RequestSigner::Create(*std::move(key));
//   std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
//   factories.push_back(warden::MakeRequestSigning(*std::move(signer),
//   "orders.shop.example:8443")); auto channel =
//   grpc::experimental::CreateCustomChannelWithInterceptors(
//       "orders.shop.example:8443", credentials, arguments, std::move(factories));
#ifndef WARDEN_INTERCEPTORS_GRPC_REQUEST_SIGNING_H_
#define WARDEN_INTERCEPTORS_GRPC_REQUEST_SIGNING_H_

#include <grpcpp/support/client_interceptor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "authz/signing/request_signer.h"

namespace warden {

struct RequestSigningOptions {
  // Which methods' calls are signed, by "/pkg.Service/Method"; all where empty. Thread-safe.
  std::function<bool(std::string_view method)> wants;
  // The wall clock; absl::Now where empty. Thread-safe.
  std::function<absl::Time()> clock;
};

// Adds `x-request-signature` to each unary and server-streaming call of the channel, over the bytes
// that are sent; streams of requests go unsigned. `authority` is what the channel sends as
// `:authority`: its target, unless an argument or the call sets another. A call that cannot be
// signed is cancelled. Each call needs a signature of its own, so the channel must not retry calls
// by itself (GRPC_ARG_ENABLE_RETRIES 0, or no retry policy): a server takes the second attempt for
// a replay. Thread-safe.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeRequestSigning(
    RequestSigner signer, std::string authority, RequestSigningOptions options = {});

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_REQUEST_SIGNING_H_
