#include "interceptors/trust_files.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace warden {
namespace {

constexpr size_t kMaxCaFile = size_t{4} << 20;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr size_t kMaxCrlFile = size_t{64} << 20;

absl::StatusOr<std::shared_ptr<const CaSet>> ParseCas(const std::string& pem) {
  return CaSet::FromPem(pem);
}

}  // namespace

TrustFiles::TrustFiles(const LoadedConfig& config, const PortSettings& port)
    : client_cas_(ResolveFile(config, port.tls.client_ca_file()), kMaxCaFile, ParseCas),
      next_crl_update_(kNever) {
  for (const v1::TrustBundle& bundle : port.identity.trust_bundles()) {
    bundles_.push_back(
        {bundle.trust_domain(), {ResolveFile(config, bundle.ca_file()), kMaxCaFile, ParseCas}});
  }
  for (const std::string& file : port.identity.crl_files()) {
    crls_.emplace_back(ResolveFile(config, file), kMaxCrlFile, [this](const std::string& bytes) {
      return CrlSet::Create({{.name = "revocation list", .bytes = bytes}}, Authorities());
    });
  }
}

bool TrustFiles::Look(const Report& report) {
  bool changed = false;
  const auto look = [&](ReloadedFile kind, auto& file) {
    const std::optional<absl::Status> news = file.Look();
    if (!news.has_value()) return;
    changed = changed || news->ok();
    report(kind, *news);
  };
  // TLS reports on the same file, and refuses to start without it.
  const std::optional<absl::Status> cas = client_cas_.Look();
  if (cas.has_value() && cas->ok()) changed = true;
  for (Bundle& bundle : bundles_) look(ReloadedFile::kTrustBundle, bundle.file);
  // After the CAs, which they are checked with.
  for (WatchedFile<CrlSet>& crl : crls_) look(ReloadedFile::kRevocationList, crl);
  absl::Time next = absl::InfiniteFuture();
  for (const WatchedFile<CrlSet>& crl : crls_) {
    if (crl.good() != nullptr) next = std::min(next, crl.good()->next_update());
  }
  next_crl_update_.store(next == absl::InfiniteFuture() ? kNever : absl::ToUnixNanos(next),
                         std::memory_order_relaxed);
  return changed;
}

IdentityTrust TrustFiles::Current() const {
  IdentityTrust trust;
  trust.client_cas = client_cas_.good();
  trust.intermediates = intermediates_;
  for (const Bundle& bundle : bundles_) {
    if (bundle.file.good() != nullptr) trust.bundles[bundle.trust_domain] = bundle.file.good();
  }
  std::vector<std::shared_ptr<const CrlSet>> crls;
  for (const WatchedFile<CrlSet>& crl : crls_) {
    if (crl.good() != nullptr) crls.push_back(crl.good());
  }
  if (!crls_.empty()) trust.crls = CrlSet::Join(crls);
  return trust;
}

absl::Time TrustFiles::next_crl_update() const {
  const int64_t next = next_crl_update_.load(std::memory_order_relaxed);
  return next == kNever ? absl::InfiniteFuture() : absl::FromUnixNanos(next);
}

std::vector<X509*> TrustFiles::Authorities() const {
  std::vector<X509*> all;
  const auto add = [&all](const std::shared_ptr<const CaSet>& cas) {
    if (cas == nullptr) return;
    for (const X509Ptr& certificate : cas->certificates()) all.push_back(certificate.get());
  };
  add(client_cas_.good());
  for (const Bundle& bundle : bundles_) add(bundle.file.good());
  return all;
}

}  // namespace warden
