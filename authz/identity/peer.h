// The other end of a connection, as its certificate describes it.
#ifndef WARDEN_AUTHZ_IDENTITY_PEER_H_
#define WARDEN_AUTHZ_IDENTITY_PEER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "authz/sync/generation_memo.h"

namespace warden {

// Filled by IdentityVerifier and shared as `shared_ptr<const Peer>` from then on: immutable, so any
// thread may read it, also after the call that it belongs to. A default-constructed Peer is one
// without a certificate.
//
// In a Peer that a verifier made, SANs are non-empty printable ASCII in the certificate's order,
// and the common name is valid UTF-8 without control characters.
struct Peer {
  std::string spiffe_id;     // "spiffe://shop.example/orders"; "" if the certificate has none
  std::string trust_domain;  // of spiffe_id: "shop.example"; "" if there is none
  std::vector<std::string> uri_sans;
  std::vector<std::string> dns_sans;
  std::string common_name;         // of the subject; "" if it has none, or more than one
  std::string certificate_sha256;  // of the DER, 64 lower-case hex digits; "" without a certificate
  // The first and the last moment at which the certificate is valid, both included.
  absl::Time not_before = absl::InfinitePast();
  absl::Time not_after = absl::InfiniteFuture();
  // The proxy that ended TLS and vouches for all of the above, by `x-forwarded-client-cert`; null
  // where the peer itself is at the connection's other end. Never forwarded itself. Without the
  // certificate in the header the validity is unbounded.
  std::shared_ptr<const Peer> forwarded_by;
  // Of Revocations, which does not look up again what it found good and what has not changed.
  GenerationMemo not_revoked;

  bool has_certificate() const { return !certificate_sha256.empty(); }

  // The most specific name: SPIFFE ID, else the first DNS SAN, else the common name, else the
  // fingerprint;
  // "" without a certificate. Different kinds of name can read the same, so this is for display and
  // logs; decide on the members.
  std::string_view name() const {
    if (!spiffe_id.empty()) return spiffe_id;
    if (!dns_sans.empty()) return dns_sans.front();
    if (!common_name.empty()) return common_name;
    return certificate_sha256;
  }
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_PEER_H_
