// The facts of one RPC, filled stage by stage.
#ifndef WARDEN_INTERCEPTORS_CALL_H_
#define WARDEN_INTERCEPTORS_CALL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "authz/identity/peer.h"
#include "authz/principal.h"
#include "authz/token/verified_token.h"

namespace warden {

struct GuardedMethod;

// What the transport knows of a call. Views are valid until the stages before the body have run.
struct Transport {
  std::string_view peer_certificate_pem;  // "" where the connection has none
  std::string_view peer_uri;              // gRPC's form: "ipv4:127.0.0.1:40112"
  std::string_view authorization;         // the first entry of that name
  int authorization_entries = 0;
  size_t metadata_bytes = 0;  // all keys and values
};

// One thread at a time touches a Call: the one that runs the stages, then the handler's.
struct Call {
  const GuardedMethod* method = nullptr;
  absl::Time now;            // wall clock, when the call arrived
  int64_t monotonic_ns = 0;  // steady clock, likewise
  std::string request_id;    // made by Warden, RFC 9562 UUIDv7

  Transport transport;
  std::string_view address;  // of the peer, without port; a view into transport.peer_uri

  std::shared_ptr<const Peer> peer;
  std::shared_ptr<const VerifiedToken> token;  // null where the call carries none
  std::shared_ptr<const Principal> principal;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_CALL_H_
