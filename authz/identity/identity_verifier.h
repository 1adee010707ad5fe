// From a client certificate to a Peer, or to the reason why it is none.
//
// The TLS handshake has already proved possession of the key and the chain to a trusted CA. What it
// lets through, and is stopped here: certificates with an ambiguous or malformed identity,
// identities of a foreign trust domain under a trusted CA, CA certificates used as a client's,
// certificates that have expired or were revoked since the handshake, weak keys, and whoever the
// configuration does not allow. Sources: SPIFFE X509-SVID sections 2 to 5, RFC 5280.
#ifndef WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_
#define WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/identity/identity_refusal.h"
#include "authz/identity/identity_trust.h"
#include "authz/identity/name_pattern.h"
#include "authz/identity/peer.h"
#include "authz/identity/peer_reader.h"

namespace warden {

struct IdentityOptions {
  // The trust domains of which a SPIFFE ID may be. Where empty, any: the CA alone decides then.
  std::vector<std::string> trust_domains = {};
  // Refuses certificates without a SPIFFE ID. Implied by trust_domains.
  bool require_spiffe_id = false;
  // Where there are any of these two, a peer must match one of them.
  std::vector<SpiffePattern> allowed_spiffe_ids = {};
  std::vector<DnsPattern> allowed_dns_names = {};
  CertificateRules certificate = {};
  // Refuses peers whose issuer has no current list among IdentityTrust::crls.
  bool require_crl = false;
  // Peers that may speak for others by x-forwarded-client-cert.
  std::vector<SpiffePattern> proxies = {};
};

// Where the certificates after a connection's leaf come from. Few calls need them.
class ChainSource {
 public:
  virtual ~ChainSource() = default;
  virtual std::string_view ReadChain() const = 0;  // PEM, without the leaf; "" where unknown
};

// Immutable; copies are cheap; all members are thread-safe.
class IdentityVerifier {
 public:
  static constexpr size_t kMaxPemBytes = kMaxCertificatePem;
  static constexpr size_t kMaxNames = kMaxCertificateNames;  // of one certificate

  // InvalidArgument lists every trust domain that is not a trust-domain name or stands twice, and
  // require_crl without lists.
  static absl::StatusOr<IdentityVerifier> Create(IdentityOptions options, IdentityTrust trust = {});

  // The same rules with other CAs and revocation lists.
  IdentityVerifier WithTrust(IdentityTrust trust) const;

  struct Result {
    std::shared_ptr<const Peer> peer;  // null exactly if refused
    IdentityRefusal refusal = IdentityRefusal::kNone;
    std::string detail;  // for the operator; may quote names of the certificate, escaped
    // The peer, where it is one of IdentityOptions::proxies and a good one. It need not be among
    // the allowed names itself, so this can be there without `peer`.
    std::shared_ptr<const Peer> proxy = nullptr;
    // When this is true, but for the certificate's own validity.
    absl::Time from = absl::InfinitePast();
    absl::Time until = absl::InfiniteFuture();  // excluded
    bool ok() const { return peer != nullptr; }
  };

  // Judges the first certificate of `leaf_pem`; certificates after it are not looked at. `chain`
  // may be null. Costs an X.509 parse, tens of microseconds, and several times that for a chain:
  // see PeerCache.
  Result Verify(std::string_view leaf_pem, absl::Time now,
                const ChainSource* chain = nullptr) const;

  // The same of the value of x-forwarded-client-cert that `proxy`, a Result's, sent along. CAs have
  // no say in it: the proxy has judged the chain.
  Result VerifyForwarded(std::string_view header, std::shared_ptr<const Peer> proxy,
                         absl::Time now) const;

  // Both without the certificate's validity...
  Result Judge(std::string_view leaf_pem, absl::Time now, const ChainSource* chain) const;
  Result JudgeForwarded(std::string_view header, std::shared_ptr<const Peer> proxy) const;
  // ...which is this; both bounds are included, and whole seconds as in RFC 5280. Kept apart so
  // that a cache can repeat it.
  static IdentityRefusal CheckValidity(const Peer& peer, absl::Time now);
  // The same for what Judge found of a peer: turns it into a refusal where the time is not right.
  static void ApplyValidity(absl::Time now, Result* result);

 private:
  IdentityVerifier(std::shared_ptr<const IdentityOptions> options,
                   std::shared_ptr<const IdentityTrust> trust);
  bool Allows(const Peer& peer) const;
  Result Allow(std::shared_ptr<const Peer> peer) const;

  std::shared_ptr<const IdentityOptions> options_;
  std::shared_ptr<const IdentityTrust> trust_;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_IDENTITY_IDENTITY_VERIFIER_H_
