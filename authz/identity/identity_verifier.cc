#include "authz/identity/identity_verifier.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/identity/certificate_names.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

IdentityVerifier::Result Refuse(IdentityRefusal refusal, std::string detail) {
  return {nullptr, refusal, std::move(detail)};
}

std::string Quote(std::string_view name) {
  constexpr size_t kShown = 256;
  const std::string_view shown = name.substr(0, kShown);
  return absl::StrCat("\"", absl::CHexEscape({shown.data(), shown.size()}), "\"",
                      name.size() > kShown ? "..." : "");
}

// Why the names could not be read: their bytes, or the encoding around them.
IdentityVerifier::Result RefuseNames(const absl::Status& status) {
  const bool encoding = absl::IsDataLoss(status);
  return Refuse(encoding ? IdentityRefusal::kUnreadable : IdentityRefusal::kMalformedName,
                std::string(status.message()));
}

// Fills the identity that the URI SANs give. SPIFFE X509-SVID section 2: exactly one URI SAN.
IdentityVerifier::Result ReadSpiffeId(const IdentityOptions& options, Peer* peer) {
  const auto spiffe =
      std::find_if(peer->uri_sans.begin(), peer->uri_sans.end(), SpiffeId::HasScheme);
  if (spiffe == peer->uri_sans.end()) {
    if (!options.require_spiffe_id) return {};
    return Refuse(IdentityRefusal::kNoSpiffeId, "the certificate has no SPIFFE ID");
  }
  if (peer->uri_sans.size() > 1) {
    return Refuse(IdentityRefusal::kMultipleUriSans,
                  absl::StrCat(peer->uri_sans.size(), " URI SANs, one of them ", Quote(*spiffe)));
  }
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(*spiffe);
  if (!id.ok()) {
    return Refuse(IdentityRefusal::kBadSpiffeId,
                  absl::StrCat(Quote(*spiffe), ": ", std::string(id.status().message())));
  }
  if (id->path().empty()) {  // X509-SVID section 3.1
    return Refuse(IdentityRefusal::kBadSpiffeId,
                  absl::StrCat(Quote(*spiffe), ": a trust domain's ID, not a workload's"));
  }
  const std::string domain(id->trust_domain());
  if (!options.trust_domains.empty() &&
      !std::binary_search(options.trust_domains.begin(), options.trust_domains.end(), domain)) {
    return Refuse(IdentityRefusal::kTrustDomain,
                  absl::StrCat(Quote(*spiffe), " is of a trust domain that is not accepted"));
  }
  peer->spiffe_id = id->str();
  peer->trust_domain = domain;
  return {};
}

}  // namespace

std::string_view ToString(IdentityRefusal refusal) {
  switch (refusal) {
    case IdentityRefusal::kNone:
      return "none";
    case IdentityRefusal::kNoCertificate:
      return "no_certificate";
    case IdentityRefusal::kUnreadable:
      return "unreadable";
    case IdentityRefusal::kMalformedName:
      return "malformed_name";
    case IdentityRefusal::kMultipleUriSans:
      return "multiple_uri_sans";
    case IdentityRefusal::kBadSpiffeId:
      return "bad_spiffe_id";
    case IdentityRefusal::kTrustDomain:
      return "trust_domain";
    case IdentityRefusal::kNoSpiffeId:
      return "no_spiffe_id";
    case IdentityRefusal::kNotALeaf:
      return "not_a_leaf";
    case IdentityRefusal::kNotYetValid:
      return "not_yet_valid";
    case IdentityRefusal::kExpired:
      return "expired";
  }
  return "unknown";
}

IdentityVerifier::IdentityVerifier(std::shared_ptr<const IdentityOptions> options)
    : options_(std::move(options)) {}

absl::StatusOr<IdentityVerifier> IdentityVerifier::Create(IdentityOptions options) {
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (const std::string& domain : options.trust_domains) {
    if (absl::Status status = SpiffeId::CheckTrustDomain(domain); !status.ok()) {
      problems.push_back(absl::StrCat(Quote(domain), ": ", std::string(status.message())));
    }
    if (!seen.insert(domain).second) {
      problems.push_back(absl::StrCat(Quote(domain), ": stands twice"));
    }
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("trust_domains: ", absl::StrJoin(problems, "; ")));
  }
  options.require_spiffe_id = options.require_spiffe_id || !options.trust_domains.empty();
  std::sort(options.trust_domains.begin(), options.trust_domains.end());
  return IdentityVerifier(std::make_shared<const IdentityOptions>(std::move(options)));
}

IdentityVerifier::Result IdentityVerifier::VerifyNames(std::string_view leaf_pem) const {
  if (leaf_pem.empty()) return Refuse(IdentityRefusal::kNoCertificate, "no certificate was sent");
  if (leaf_pem.size() > kMaxPemBytes) {
    return Refuse(IdentityRefusal::kUnreadable, "the certificate is over 64 KiB");
  }
  const X509Ptr certificate = ParseLeaf(leaf_pem);
  if (certificate == nullptr) {
    return Refuse(IdentityRefusal::kUnreadable, "no X.509 certificate can be read from the PEM");
  }
  const absl::StatusOr<bool> leaf = IsLeaf(certificate.get());
  if (!leaf.ok()) {
    return Refuse(IdentityRefusal::kUnreadable, std::string(leaf.status().message()));
  }
  if (!*leaf)
    return Refuse(IdentityRefusal::kNotALeaf, "a CA certificate does not identify a peer");

  absl::StatusOr<CertificateNames> names = ReadNames(certificate.get(), kMaxNames);
  if (!names.ok()) return RefuseNames(names.status());
  const absl::StatusOr<absl::Time> begin = ToTime(X509_get0_notBefore(certificate.get()));
  const absl::StatusOr<absl::Time> end = ToTime(X509_get0_notAfter(certificate.get()));
  auto peer = std::make_shared<Peer>();
  peer->certificate_sha256 = Fingerprint(certificate.get());
  if (!begin.ok() || !end.ok() || peer->certificate_sha256.empty()) {
    return Refuse(IdentityRefusal::kUnreadable, "the validity or the DER cannot be read");
  }
  peer->uri_sans = std::move(names->uri_sans);
  peer->dns_sans = std::move(names->dns_sans);
  peer->common_name = std::move(names->common_name);
  peer->not_before = *begin;
  peer->not_after = *end;
  Result result = ReadSpiffeId(*options_, peer.get());
  if (result.refusal == IdentityRefusal::kNone) result.peer = std::move(peer);
  return result;
}

IdentityRefusal IdentityVerifier::CheckValidity(const Peer& peer, absl::Time now) {
  if (now < peer.not_before) return IdentityRefusal::kNotYetValid;
  // notAfter is included, and a whole second long: RFC 5280 section 4.1.2.5.
  if (now >= peer.not_after + absl::Seconds(1)) return IdentityRefusal::kExpired;
  return IdentityRefusal::kNone;
}

IdentityVerifier::Result IdentityVerifier::RefuseValidity(const Peer& peer,
                                                          IdentityRefusal refusal) {
  const bool expired = refusal == IdentityRefusal::kExpired;
  return Refuse(refusal, absl::StrCat(expired ? "expired after " : "not valid before ",
                                      absl::FormatTime(expired ? peer.not_after : peer.not_before,
                                                       absl::UTCTimeZone())));
}

IdentityVerifier::Result IdentityVerifier::Verify(std::string_view leaf_pem, absl::Time now) const {
  Result result = VerifyNames(leaf_pem);
  if (!result.ok()) return result;
  const IdentityRefusal refusal = CheckValidity(*result.peer, now);
  if (refusal != IdentityRefusal::kNone) return RefuseValidity(*result.peer, refusal);
  return result;
}

}  // namespace warden
