// From a certificate, or a proxy's word of one, to a Peer.
#ifndef WARDEN_AUTHZ_IDENTITY_PEER_READER_H_
#define WARDEN_AUTHZ_IDENTITY_PEER_READER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/identity/certificate_names.h"
#include "authz/identity/forwarded_header.h"
#include "authz/identity/identity_refusal.h"
#include "authz/identity/peer.h"

namespace warden {

inline constexpr size_t kMaxCertificatePem = size_t{64} * 1024;
inline constexpr size_t kMaxCertificateNames = 256;

// A refusal, or none.
struct Finding {
  IdentityRefusal refusal = IdentityRefusal::kNone;
  std::string detail;
  bool ok() const { return refusal == IdentityRefusal::kNone; }
};

// What a certificate must be like, besides its names.
struct CertificateRules {
  int min_rsa_bits = 2048;
  bool require_client_auth = false;
};

// Reads the first certificate of `pem`, all but the SPIFFE ID, and gives it for more questions.
Finding ReadCertificate(std::string_view pem, const CertificateRules& rules, Peer* peer,
                        X509Ptr* certificate);

// The same of what a proxy says; `*certificate` stays null where it does not give it. Hash, names
// and certificate must agree.
Finding ReadForwarded(const ForwardedCertificate& forwarded, const CertificateRules& rules,
                      Peer* peer, X509Ptr* certificate);

// Fills the identity that the URI SANs give. SPIFFE X509-SVID section 2: exactly one URI SAN.
// `trust_domains` are sorted; where empty, any will do.
Finding ReadSpiffeId(const std::vector<std::string>& trust_domains, bool required, Peer* peer);

// A name as it may stand in a detail: quoted, escaped, cut.
std::string QuotedName(std::string_view name);

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_PEER_READER_H_
