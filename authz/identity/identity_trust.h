// Who vouches for a peer's certificate, and whether they have taken it back.
#ifndef WARDEN_AUTHZ_IDENTITY_IDENTITY_TRUST_H_
#define WARDEN_AUTHZ_IDENTITY_IDENTITY_TRUST_H_

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "authz/identity/ca_set.h"
#include "authz/identity/crl_set.h"
#include "authz/identity/identity_refusal.h"
#include "authz/identity/peer.h"

namespace warden {

// What is read from files and may be replaced while the server runs. Empty, it leaves trust to the
// TLS handshake alone.
struct IdentityTrust {
  // The CAs of TLS. Needed with `crls`, whose judgement begins with the chain.
  std::shared_ptr<const CaSet> client_cas;
  std::shared_ptr<const CrlSet> crls;
  // By trust domain: SPIFFE Trust Domain and Bundle, section 3. Where there are any, they take the
  // place of `client_cas` for peers with a SPIFFE ID.
  absl::flat_hash_map<std::string, std::shared_ptr<const CaSet>> bundles;
  // Shared by what replaces one another; may be null.
  std::shared_ptr<IntermediatePool> intermediates;

  bool empty() const { return crls == nullptr && bundles.empty(); }
};

// What was found, and when that holds: from `from` until just before `until`.
struct TrustVerdict {
  IdentityRefusal refusal = IdentityRefusal::kNone;
  std::string detail;
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
};

// Judges `leaf`, which `peer` was read from and which is valid at `now`, with the chain that it
// came with (PEM, without the leaf; may be empty). kTrustDomain: no bundle. kUntrustedChain, which
// holds for a few seconds only. kRevoked: the leaf or a CA above it, the anchor excepted.
// kRevocationUnknown: `require_crl`, and none for the leaf. Thread-safe.
TrustVerdict JudgeTrust(const IdentityTrust& trust, bool require_crl, X509* leaf, const Peer& peer,
                        std::string_view chain_pem, absl::Time now);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_IDENTITY_TRUST_H_
