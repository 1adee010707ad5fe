// Why a peer was refused.
#ifndef WARDEN_AUTHZ_IDENTITY_IDENTITY_REFUSAL_H_
#define WARDEN_AUTHZ_IDENTITY_IDENTITY_REFUSAL_H_

#include <string_view>

namespace warden {

enum class IdentityRefusal {
  kNone,           // accepted
  kNoCertificate,  // the PEM is empty
  kUnreadable,  // no X.509 certificate in PEM, over 64 KiB, or an extension that cannot be decoded
  kMalformedName,    // a NUL, control or non-ASCII byte in a name, an empty name, or over 256 names
  kMultipleUriSans,  // several URI SANs, one of them a SPIFFE ID: which one is meant is open
  kBadSpiffeId,      // a spiffe URI that is not a well-formed SPIFFE ID with a path
  kTrustDomain,      // of a trust domain that is not in the list, or has no bundle
  kNoSpiffeId,       // none, but one is required
  kNotALeaf,         // a CA certificate, or one that may sign certificates or CRLs
  kNotYetValid,
  kExpired,
  kWeakKey,            // too few bits, or a kind of key that is not known
  kWeakSignature,      // signed with MD5 or SHA-1
  kNotForClients,      // extended key usage without id-kp-clientAuth
  kNotAllowed,         // matches none of the allowed names
  kUntrustedChain,     // no chain to a CA that may vouch for this peer
  kRevoked,            // it, or a CA of its chain, is on a revocation list
  kRevocationUnknown,  // its issuer has no current revocation list
  kForwardedInvalid,   // a proxy's x-forwarded-client-cert cannot be read, or contradicts itself
};
inline constexpr int kIdentityRefusalCount =
    static_cast<int>(IdentityRefusal::kForwardedInvalid) + 1;

// snake_case for logs: "none", "no_certificate", ...
std::string_view ToString(IdentityRefusal refusal);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_IDENTITY_REFUSAL_H_
