// What ties a token to the peer that may present it.
#ifndef WARDEN_AUTHZ_TOKEN_BINDING_H_
#define WARDEN_AUTHZ_TOKEN_BINDING_H_

#include <string>

#include "authz/identity/peer.h"
#include "authz/token/claim_path.h"
#include "authz/token/refused.h"
#include "nlohmann/json_fwd.hpp"

namespace warden {

struct TokenBinding {
  // Of the one certificate that the token may be presented with, RFC 8705 section 3.1; in the form
  // of Peer::certificate_sha256. "" if the token is bound to none.
  std::string certificate_sha256;
  // The one peer that may present it: a SPIFFE ID, or only its path, which begins with "/". "" if
  // any may.
  std::string peer;
};

struct BindingRules {
  bool require_certificate = false;  // a token without `cnf` is refused
  ClaimPath peer_claim;              // names the peer; must be there. Empty: no such claim
};

// Reads `cnf` (RFC 7800) and the claim of the peer. kBinding if `cnf` asks for another proof than
// a certificate's thumbprint, since what cannot be checked must not be passed over, or if a binding
// that the rules require is absent; kBadClaim if one of them is not of its form. Thread-safe.
OrRefused<TokenBinding> ReadBinding(const nlohmann::json& claims, const BindingRules& rules);

enum class BindingMismatch {
  kNone,
  kCertificate,  // bound to another certificate
  kPeer,         // issued to another peer
};
// Whether this peer may present a token that is bound so. Allocates nothing. Thread-safe.
BindingMismatch CheckBinding(const TokenBinding& binding, const Peer& peer);

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_BINDING_H_
