#include "authz/identity/identity_trust.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/identity/certificate_names.h"

namespace warden {
namespace {

constexpr size_t kMaxChain = 16;
// A connection that resumed a session shows no chain; another one's may complete it soon.
constexpr absl::Duration kUntrustedHolds = absl::Seconds(5);

TrustVerdict Refuse(IdentityRefusal refusal, std::string detail) {
  return {.refusal = refusal, .detail = std::move(detail)};
}

TrustVerdict Untrusted(std::string_view why, absl::Time now) {
  TrustVerdict verdict = Refuse(IdentityRefusal::kUntrustedChain, std::string(why));
  verdict.until = now + kUntrustedHolds;
  return verdict;
}

// The verdict changes at the latest when a CA of the chain begins or ceases to be valid.
bool Bound(const std::vector<X509Ptr>& chain, TrustVerdict* verdict) {
  for (size_t i = 1; i < chain.size(); ++i) {
    const absl::StatusOr<absl::Time> begin = ToTime(X509_get0_notBefore(chain[i].get()));
    const absl::StatusOr<absl::Time> end = ToTime(X509_get0_notAfter(chain[i].get()));
    if (!begin.ok() || !end.ok()) return false;
    verdict->from = std::max(verdict->from, *begin);
    verdict->until = std::min(verdict->until, *end + absl::Seconds(1));
  }
  return true;
}

TrustVerdict JudgeRevocation(const CrlSet& crls, bool require_crl,
                             const std::vector<X509Ptr>& chain, absl::Time now,
                             TrustVerdict verdict) {
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    if (!crls.Revokes(chain[i].get())) continue;
    return Refuse(IdentityRefusal::kRevoked,
                  i == 0
                      ? "the certificate is on a revocation list"
                      : absl::StrCat("CA ", i, " above the certificate is on a revocation list"));
  }
  // An anchor that is the peer's own certificate has no issuer to ask.
  if (!require_crl || chain.size() < 2) return verdict;
  const CrlSet::Coverage coverage = crls.CoverageOf(chain.front().get(), /*is_ca=*/false, now);
  verdict.from = std::max(verdict.from, coverage.from);
  verdict.until = std::min(verdict.until, coverage.until);
  if (!coverage.current) {
    verdict.refusal = IdentityRefusal::kRevocationUnknown;
    verdict.detail = "the certificate's issuer has no current revocation list";
  }
  return verdict;
}

}  // namespace

TrustVerdict JudgeTrust(const IdentityTrust& trust, bool require_crl, X509* leaf, const Peer& peer,
                        std::string_view chain_pem, absl::Time now) {
  const CaSet* anchors = trust.client_cas.get();
  if (!trust.bundles.empty() && !peer.spiffe_id.empty()) {
    const auto bundle = trust.bundles.find(peer.trust_domain);
    if (bundle == trust.bundles.end()) {
      return Refuse(IdentityRefusal::kTrustDomain, "its trust domain has no trust bundle");
    }
    anchors = bundle->second.get();
  } else if (trust.crls == nullptr) {
    return {};  // bundles vouch for SPIFFE IDs only, and TLS has judged the rest
  }
  if (anchors == nullptr) return Untrusted("no CA is known", now);
  absl::StatusOr<std::vector<X509Ptr>> others = ParseCertificates(chain_pem, kMaxChain);
  if (!others.ok()) {
    return Untrusted(absl::StrCat("the chain: ", others.status().message()), now);
  }
  if (trust.intermediates != nullptr) trust.intermediates->AppendTo(&*others);
  const absl::StatusOr<std::vector<X509Ptr>> chain = anchors->Verify(leaf, *others, now);
  if (!chain.ok()) {
    const absl::string_view why = chain.status().message();
    return Untrusted({why.data(), why.size()}, now);
  }
  if (trust.intermediates != nullptr) trust.intermediates->Keep(*chain);
  TrustVerdict verdict;
  if (!Bound(*chain, &verdict)) return Untrusted("the validity of a CA cannot be read", now);
  if (trust.crls == nullptr) return verdict;
  return JudgeRevocation(*trust.crls, require_crl, *chain, now, std::move(verdict));
}

}  // namespace warden
