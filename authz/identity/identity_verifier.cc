#include "authz/identity/identity_verifier.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/identity/forwarded_header.h"
#include "authz/identity/spiffe_id.h"

namespace warden {
namespace {

using Result = IdentityVerifier::Result;

Result Refuse(IdentityRefusal refusal, std::string detail) {
  return {.peer = nullptr, .refusal = refusal, .detail = std::move(detail)};
}

Result Refuse(Finding finding) { return Refuse(finding.refusal, std::move(finding.detail)); }

// A whole second long: RFC 5280 section 4.1.2.5.
absl::Time EndOf(const Peer& peer) { return peer.not_after + absl::Seconds(1); }

Result RefuseValidity(const Peer& peer, IdentityRefusal refusal) {
  const bool expired = refusal == IdentityRefusal::kExpired;
  Result result =
      Refuse(refusal, absl::StrCat(expired ? "expired after " : "not valid before ",
                                   absl::FormatTime(expired ? peer.not_after : peer.not_before,
                                                    absl::UTCTimeZone())));
  if (expired) {
    result.from = EndOf(peer);
  } else {
    result.until = peer.not_before;
  }
  return result;
}

bool MatchesAny(const std::vector<SpiffePattern>& patterns, const std::string& spiffe_id) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const SpiffePattern& pattern) { return pattern.Matches(spiffe_id); });
}

}  // namespace

IdentityVerifier::IdentityVerifier(std::shared_ptr<const IdentityOptions> options,
                                   std::shared_ptr<const IdentityTrust> trust)
    : options_(std::move(options)), trust_(std::move(trust)) {}

absl::StatusOr<IdentityVerifier> IdentityVerifier::Create(IdentityOptions options,
                                                          IdentityTrust trust) {
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (const std::string& domain : options.trust_domains) {
    if (absl::Status status = SpiffeId::CheckTrustDomain(domain); !status.ok()) {
      problems.push_back(absl::StrCat(QuotedName(domain), ": ", std::string(status.message())));
    }
    if (!seen.insert(domain).second) {
      problems.push_back(absl::StrCat(QuotedName(domain), ": stands twice"));
    }
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("trust_domains: ", absl::StrJoin(problems, "; ")));
  }
  if (options.require_crl && trust.crls == nullptr) {
    return absl::InvalidArgumentError("require_crl needs revocation lists");
  }
  options.require_spiffe_id = options.require_spiffe_id || !options.trust_domains.empty();
  std::sort(options.trust_domains.begin(), options.trust_domains.end());
  return IdentityVerifier(std::make_shared<const IdentityOptions>(std::move(options)),
                          std::make_shared<const IdentityTrust>(std::move(trust)));
}

IdentityVerifier IdentityVerifier::WithTrust(IdentityTrust trust) const {
  return IdentityVerifier(options_, std::make_shared<const IdentityTrust>(std::move(trust)));
}

Result IdentityVerifier::Judge(std::string_view leaf_pem, absl::Time now,
                               const ChainSource* chain) const {
  auto peer = std::make_shared<Peer>();
  X509Ptr certificate;
  Finding finding = ReadCertificate(leaf_pem, options_->certificate, peer.get(), &certificate);
  if (!finding.ok()) return Refuse(std::move(finding));
  finding = ReadSpiffeId(options_->trust_domains, options_->require_spiffe_id, peer.get());
  if (!finding.ok()) return Refuse(std::move(finding));
  if (trust_->empty()) return Allow(std::move(peer));

  // A chain is judged at a time, so one whose leaf is out of its own must wait for it.
  const IdentityRefusal validity = CheckValidity(*peer, now);
  if (validity != IdentityRefusal::kNone) return RefuseValidity(*peer, validity);
  TrustVerdict verdict =
      JudgeTrust(*trust_, options_->require_crl, certificate.get(), *peer,
                 chain == nullptr ? std::string_view() : chain->ReadChain(), now);
  Result result = verdict.refusal == IdentityRefusal::kNone
                      ? Allow(std::move(peer))
                      : Refuse(verdict.refusal, std::move(verdict.detail));
  result.from = verdict.from;
  result.until = verdict.until;
  return result;
}

Result IdentityVerifier::JudgeForwarded(std::string_view header,
                                        std::shared_ptr<const Peer> proxy) const {
  const absl::StatusOr<ForwardedCertificate> forwarded = ParseForwardedHeader(header);
  if (!forwarded.ok()) {
    return Refuse(IdentityRefusal::kForwardedInvalid, std::string(forwarded.status().message()));
  }
  auto peer = std::make_shared<Peer>();
  X509Ptr certificate;
  Finding finding = ReadForwarded(*forwarded, options_->certificate, peer.get(), &certificate);
  if (finding.ok()) {
    finding = ReadSpiffeId(options_->trust_domains, options_->require_spiffe_id, peer.get());
  }
  if (!finding.ok()) return Refuse(std::move(finding));
  if (certificate != nullptr && trust_->crls != nullptr &&
      trust_->crls->Revokes(certificate.get())) {
    return Refuse(IdentityRefusal::kRevoked, "the forwarded certificate is on a revocation list");
  }
  peer->forwarded_by = std::move(proxy);
  Result result = Allow(std::move(peer));
  result.proxy = nullptr;  // nobody speaks for others through another
  return result;
}

bool IdentityVerifier::Allows(const Peer& peer) const {
  if (options_->allowed_spiffe_ids.empty() && options_->allowed_dns_names.empty()) return true;
  if (MatchesAny(options_->allowed_spiffe_ids, peer.spiffe_id)) return true;
  for (const DnsPattern& pattern : options_->allowed_dns_names) {
    for (const std::string& name : peer.dns_sans) {
      if (pattern.Matches(name)) return true;
    }
  }
  return false;
}

Result IdentityVerifier::Allow(std::shared_ptr<const Peer> peer) const {
  Result result;
  if (MatchesAny(options_->proxies, peer->spiffe_id)) result.proxy = peer;
  if (Allows(*peer)) {
    result.peer = std::move(peer);
    return result;
  }
  result.refusal = IdentityRefusal::kNotAllowed;
  result.detail = absl::StrCat(QuotedName(peer->name()), " matches none of the allowed names");
  return result;
}

IdentityRefusal IdentityVerifier::CheckValidity(const Peer& peer, absl::Time now) {
  if (now < peer.not_before) return IdentityRefusal::kNotYetValid;
  if (now >= EndOf(peer)) return IdentityRefusal::kExpired;
  return IdentityRefusal::kNone;
}

void IdentityVerifier::ApplyValidity(absl::Time now, Result* result) {
  const Peer* const judged = result->ok() ? result->peer.get() : result->proxy.get();
  if (judged == nullptr) return;
  const IdentityRefusal refusal = CheckValidity(*judged, now);
  if (refusal != IdentityRefusal::kNone) *result = RefuseValidity(*judged, refusal);
}

Result IdentityVerifier::Verify(std::string_view leaf_pem, absl::Time now,
                                const ChainSource* chain) const {
  Result result = Judge(leaf_pem, now, chain);
  ApplyValidity(now, &result);
  return result;
}

Result IdentityVerifier::VerifyForwarded(std::string_view header, std::shared_ptr<const Peer> proxy,
                                         absl::Time now) const {
  Result result = JudgeForwarded(header, std::move(proxy));
  ApplyValidity(now, &result);
  return result;
}

}  // namespace warden
