// From a client certificate to a Peer, or to the reason why it is none.
//
// The TLS handshake has already proved possession of the key and the chain to a trusted CA. What it
// lets through, and is stopped here: certificates with an ambiguous or malformed identity,
// identities of a foreign trust domain under a trusted CA, CA certificates used as a client's, and
// certificates that have expired since the handshake. Sources: SPIFFE X509-SVID sections 2 to 5,
// RFC 5280.
#ifndef WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_
#define WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/peer.h"

namespace warden {

struct IdentityOptions {
  // The trust domains of which a SPIFFE ID may be. Where empty, any: the CA alone decides then.
  std::vector<std::string> trust_domains = {};
  // Refuses certificates without a SPIFFE ID. Implied by trust_domains.
  bool require_spiffe_id = false;
};

enum class IdentityRefusal {
  kNone,           // accepted
  kNoCertificate,  // the PEM is empty
  kUnreadable,  // no X.509 certificate in PEM, over 64 KiB, or an extension that cannot be decoded
  kMalformedName,    // a NUL, control or non-ASCII byte in a name, an empty name, or over 256 names
  kMultipleUriSans,  // several URI SANs, one of them a SPIFFE ID: which one is meant is open
  kBadSpiffeId,      // a spiffe URI that is not a well-formed SPIFFE ID with a path
  kTrustDomain,      // of a trust domain that is not in the list
  kNoSpiffeId,       // none, but one is required
  kNotALeaf,         // a CA certificate, or one that may sign certificates or CRLs
  kNotYetValid,
  kExpired,
};
// snake_case for logs: "none", "no_certificate", ...
std::string_view ToString(IdentityRefusal refusal);

// Immutable; copies are cheap; all members are thread-safe.
class IdentityVerifier {
 public:
  static constexpr size_t kMaxPemBytes = 64 * 1024;
  static constexpr size_t kMaxNames = 256;  // SANs and common names of one certificate

  // InvalidArgument lists every trust domain that is not a trust-domain name or stands twice.
  static absl::StatusOr<IdentityVerifier> Create(IdentityOptions options);

  struct Result {
    std::shared_ptr<const Peer> peer;  // null exactly if refused
    IdentityRefusal refusal = IdentityRefusal::kNone;
    std::string detail;  // for the operator; may quote names of the certificate, escaped
    bool ok() const { return peer != nullptr; }
  };

  // Judges the first certificate of `leaf_pem`; certificates after it are its chain and not looked
  // at. Costs an X.509 parse, tens of microseconds: see PeerCache.
  Result Verify(std::string_view leaf_pem, absl::Time now) const;

  // The part of Verify that does not depend on the time...
  Result VerifyNames(std::string_view leaf_pem) const;
  // ...and the part that does; both bounds are included, and whole seconds as in RFC 5280. Kept
  // apart so that a cache can repeat it.
  static IdentityRefusal CheckValidity(const Peer& peer, absl::Time now);
  // A refusal by CheckValidity, with its detail.
  static Result RefuseValidity(const Peer& peer, IdentityRefusal refusal);

 private:
  explicit IdentityVerifier(std::shared_ptr<const IdentityOptions> options);

  std::shared_ptr<const IdentityOptions> options_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_
