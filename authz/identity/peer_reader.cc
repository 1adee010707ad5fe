#include "authz/identity/peer_reader.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/identity/certificate_strength.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

Finding Refuse(IdentityRefusal refusal, std::string detail) { return {refusal, std::move(detail)}; }

// Why the names could not be read: their bytes, or the encoding around them.
Finding RefuseNames(const absl::Status& status) {
  const bool encoding = absl::IsDataLoss(status);
  return Refuse(encoding ? IdentityRefusal::kUnreadable : IdentityRefusal::kMalformedName,
                std::string(status.message()));
}

Finding CheckStrength(X509* certificate, const CertificateRules& rules) {
  if (std::string weak = WeaknessOfKey(certificate, rules.min_rsa_bits); !weak.empty()) {
    return Refuse(IdentityRefusal::kWeakKey, std::move(weak));
  }
  if (std::string weak = WeaknessOfSignature(certificate); !weak.empty()) {
    return Refuse(IdentityRefusal::kWeakSignature, std::move(weak));
  }
  if (std::string why = NotForClients(certificate, rules.require_client_auth); !why.empty()) {
    return Refuse(IdentityRefusal::kNotForClients, std::move(why));
  }
  return {};
}

Finding ReadFacts(X509* certificate, Peer* peer) {
  absl::StatusOr<CertificateNames> names = ReadNames(certificate, kMaxCertificateNames);
  if (!names.ok()) return RefuseNames(names.status());
  const absl::StatusOr<absl::Time> begin = ToTime(X509_get0_notBefore(certificate));
  const absl::StatusOr<absl::Time> end = ToTime(X509_get0_notAfter(certificate));
  peer->certificate_sha256 = Fingerprint(certificate);
  if (!begin.ok() || !end.ok() || peer->certificate_sha256.empty()) {
    return Refuse(IdentityRefusal::kUnreadable, "the validity or the DER cannot be read");
  }
  peer->uri_sans = std::move(names->uri_sans);
  peer->dns_sans = std::move(names->dns_sans);
  peer->common_name = std::move(names->common_name);
  peer->not_before = *begin;
  peer->not_after = *end;
  return {};
}

// As in a certificate: without blanks, of which the header's grammar lets some through.
bool GoodNames(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find_first_of(" \t") == std::string::npos;
  });
}

bool Contains(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(), [&all](const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  });
}

}  // namespace

std::string QuotedName(std::string_view name) {
  constexpr size_t kShown = 256;
  const std::string_view shown = name.substr(0, kShown);
  return absl::StrCat("\"", absl::CHexEscape({shown.data(), shown.size()}), "\"",
                      name.size() > kShown ? "..." : "");
}

Finding ReadCertificate(std::string_view pem, const CertificateRules& rules, Peer* peer,
                        X509Ptr* certificate) {
  if (pem.empty()) return Refuse(IdentityRefusal::kNoCertificate, "no certificate was sent");
  if (pem.size() > kMaxCertificatePem) {
    return Refuse(IdentityRefusal::kUnreadable, "the certificate is over 64 KiB");
  }
  *certificate = ParseLeaf(pem);
  if (*certificate == nullptr) {
    return Refuse(IdentityRefusal::kUnreadable, "no X.509 certificate can be read from the PEM");
  }
  const absl::StatusOr<bool> leaf = IsLeaf(certificate->get());
  if (!leaf.ok()) {
    return Refuse(IdentityRefusal::kUnreadable, std::string(leaf.status().message()));
  }
  if (!*leaf) {
    return Refuse(IdentityRefusal::kNotALeaf, "a CA certificate does not identify a peer");
  }
  Finding finding = ReadFacts(certificate->get(), peer);
  return finding.ok() ? CheckStrength(certificate->get(), rules) : finding;
}

Finding ReadForwarded(const ForwardedCertificate& forwarded, const CertificateRules& rules,
                      Peer* peer, X509Ptr* certificate) {
  if (forwarded.pem.empty()) {
    if (forwarded.uris.size() + forwarded.dns_names.size() > kMaxCertificateNames ||
        !GoodNames(forwarded.uris) || !GoodNames(forwarded.dns_names)) {
      return Refuse(IdentityRefusal::kForwardedInvalid,
                    "the header's names cannot be those of a "
                    "certificate");
    }
    peer->certificate_sha256 = forwarded.sha256;
    peer->uri_sans = forwarded.uris;
    peer->dns_sans = forwarded.dns_names;
    return {};
  }
  Finding finding = ReadCertificate(forwarded.pem, rules, peer, certificate);
  if (!finding.ok()) return finding;
  if (!forwarded.sha256.empty() && forwarded.sha256 != peer->certificate_sha256) {
    return Refuse(IdentityRefusal::kForwardedInvalid, "the header's Hash is not of its Cert");
  }
  if (!Contains(peer->uri_sans, forwarded.uris) || !Contains(peer->dns_sans, forwarded.dns_names)) {
    return Refuse(IdentityRefusal::kForwardedInvalid, "the header's names are not its Cert's");
  }
  return {};
}

Finding ReadSpiffeId(const std::vector<std::string>& trust_domains, bool required, Peer* peer) {
  const auto spiffe =
      std::find_if(peer->uri_sans.begin(), peer->uri_sans.end(), SpiffeId::HasScheme);
  if (spiffe == peer->uri_sans.end()) {
    if (!required) return {};
    return Refuse(IdentityRefusal::kNoSpiffeId, "the certificate has no SPIFFE ID");
  }
  if (peer->uri_sans.size() > 1) {
    return Refuse(
        IdentityRefusal::kMultipleUriSans,
        absl::StrCat(peer->uri_sans.size(), " URI SANs, one of them ", QuotedName(*spiffe)));
  }
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(*spiffe);
  if (!id.ok()) {
    return Refuse(IdentityRefusal::kBadSpiffeId,
                  absl::StrCat(QuotedName(*spiffe), ": ", std::string(id.status().message())));
  }
  if (id->path().empty()) {  // X509-SVID section 3.1
    return Refuse(IdentityRefusal::kBadSpiffeId,
                  absl::StrCat(QuotedName(*spiffe), ": a trust domain's ID, not a workload's"));
  }
  const std::string domain(id->trust_domain());
  if (!trust_domains.empty() &&
      !std::binary_search(trust_domains.begin(), trust_domains.end(), domain)) {
    return Refuse(IdentityRefusal::kTrustDomain,
                  absl::StrCat(QuotedName(*spiffe), " is of a trust domain that is not accepted"));
  }
  peer->spiffe_id = id->str();
  peer->trust_domain = domain;
  return {};
}

}  // namespace warden
