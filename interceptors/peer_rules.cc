#include "interceptors/peer_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/identity/certificate_strength.h"
#include "authz/identity/spiffe_id.h"
#include "interceptors/trust_files.h"

namespace warden {
namespace {

constexpr size_t kPeerCacheEntries = 16384;
constexpr uint32_t kMostRsaBits = 16384;

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// Reads one port's `identity`; problems name the line that the port has it from.
class Reader {
 public:
  Reader(const LoadedConfig& config, const PortSettings& port, ProblemList* problems)
      : config_(config), port_(port), identity_(port.identity), problems_(problems) {}

  IdentityOptions ReadOptions() {
    IdentityOptions options;
    options.trust_domains = {identity_.trust_domains().begin(), identity_.trust_domains().end()};
    options.require_spiffe_id = identity_.require_spiffe_id();
    options.allowed_spiffe_ids =
        ReadSpiffePatterns("allowed_spiffe_ids", identity_.allowed_spiffe_ids());
    options.allowed_dns_names =
        ReadAll<DnsPattern>("allowed_dns_names", identity_.allowed_dns_names());
    options.certificate.require_client_auth = identity_.require_client_auth();
    options.certificate.min_rsa_bits = ReadRsaBits();
    options.require_crl = identity_.require_crl();
    if (options.require_crl && identity_.crl_files().empty()) {
      Add("require_crl", "refuses every peer without `crl_files`; name the lists there");
      options.require_crl = false;
    }
    if (identity_.has_forwarded()) {
      options.proxies = ReadSpiffePatterns("forwarded.proxies", identity_.forwarded().proxies());
      if (identity_.forwarded().proxies().empty()) {
        Add("forwarded", "must name its `proxies`: who may speak for others");
      }
    }
    CheckBundles();
    return options;
  }

  void ReadAddresses(std::string_view field,
                     const google::protobuf::RepeatedPtrField<std::string>& ranges,
                     AddressSet* set) {
    for (int i = 0; i < ranges.size(); ++i) {
      const absl::Status added = set->Add(ranges[i]);
      if (!added.ok()) AddItem(field, i, ranges[i], View(added.message()));
    }
  }

  void Add(std::string_view field, std::string_view what) {
    problems_->AddAt(config_.places, Path(field), what);
  }

 private:
  // `field` may name one below it, too: "forwarded.proxies".
  std::string Path(std::string_view field) const {
    const size_t dot = field.find('.');
    std::string path = PathForPort(config_.config, port_.name, "identity", field.substr(0, dot));
    if (dot != std::string_view::npos) path = ChildPath(path, field.substr(dot + 1));
    return path;
  }

  void AddItem(std::string_view field, int item, const std::string& text, std::string_view what) {
    problems_->AddAt(config_.places, ItemPath(Path(field), static_cast<size_t>(item)),
                     absl::StrCat(Quoted(text), " ", absl::string_view(what.data(), what.size())));
  }

  template <typename Pattern>
  std::vector<Pattern> ReadAll(std::string_view field,
                               const google::protobuf::RepeatedPtrField<std::string>& texts) {
    std::vector<Pattern> patterns;
    for (int i = 0; i < texts.size(); ++i) {
      absl::StatusOr<Pattern> pattern = Pattern::Parse(texts[i]);
      if (pattern.ok()) {
        patterns.push_back(*std::move(pattern));
      } else {
        AddItem(field, i, texts[i], View(pattern.status().message()));
      }
    }
    return patterns;
  }

  std::vector<SpiffePattern> ReadSpiffePatterns(
      std::string_view field, const google::protobuf::RepeatedPtrField<std::string>& texts) {
    const auto& domains = identity_.trust_domains();
    for (int i = 0; i < texts.size() && !domains.empty(); ++i) {
      const absl::StatusOr<SpiffePattern> pattern = SpiffePattern::Parse(texts[i]);
      if (!pattern.ok() ||
          std::find(domains.begin(), domains.end(), pattern->trust_domain()) != domains.end()) {
        continue;
      }
      AddItem(field, i, texts[i], "is of a trust domain that is not in `trust_domains`");
    }
    return ReadAll<SpiffePattern>(field, texts);
  }

  int ReadRsaBits() {
    const uint32_t bits = identity_.min_rsa_bits();
    if (bits == 0) return kLeastRsaBits;
    if (bits < static_cast<uint32_t>(kLeastRsaBits) || bits > kMostRsaBits) {
      Add("min_rsa_bits", "must be 2048 to 16384");
      return kLeastRsaBits;
    }
    return static_cast<int>(bits);
  }

  void CheckBundles() {
    std::set<std::string> seen;
    for (int i = 0; i < identity_.trust_bundles_size(); ++i) {
      const v1::TrustBundle& bundle = identity_.trust_bundles(i);
      const absl::Status name = SpiffeId::CheckTrustDomain(bundle.trust_domain());
      if (!name.ok()) AddItem("trust_bundles", i, bundle.trust_domain(), View(name.message()));
      if (bundle.ca_file().empty()) {
        AddItem("trust_bundles", i, bundle.trust_domain(), "needs a `ca_file`");
      }
      if (!seen.insert(bundle.trust_domain()).second) {
        AddItem("trust_bundles", i, bundle.trust_domain(), "stands twice");
      }
    }
  }

  const LoadedConfig& config_;
  const PortSettings& port_;
  const v1::IdentityConfig& identity_;
  ProblemList* const problems_;
};

}  // namespace

PeerRules::PeerRules() = default;
PeerRules::~PeerRules() = default;

std::shared_ptr<PeerRules> PeerRules::Create(const LoadedConfig& config, std::string_view port,
                                             ProblemList* problems) {
  const PortSettings settings = SettingsOfPort(config.config, port);
  const v1::IdentityConfig& identity = settings.identity;
  const size_t before = problems->size();
  Reader reader(config, settings, problems);
  IdentityOptions options = reader.ReadOptions();

  std::shared_ptr<PeerRules> rules(new PeerRules);
  rules->port_ = settings.name;
  rules->reload_interval_ = settings.reload_interval;
  rules->forwarded_required_ = identity.forwarded().required();
  reader.ReadAddresses("allowed_addresses", identity.allowed_addresses(), &rules->allowed_);
  reader.ReadAddresses("denied_addresses", identity.denied_addresses(), &rules->denied_);
  rules->judges_addresses_ = !rules->allowed_.empty() || !rules->denied_.empty();

  IdentityTrust trust;
  if (!identity.crl_files().empty() || !identity.trust_bundles().empty()) {
    rules->files_ = std::make_unique<TrustFiles>(config, settings);
    rules->files_->Look([&](ReloadedFile kind, const absl::Status& status) {
      if (status.ok()) return;
      reader.Add(kind == ReloadedFile::kTrustBundle ? "trust_bundles" : "crl_files",
                 View(status.message()));
    });
    trust = rules->files_->Current();
  }
  absl::StatusOr<IdentityVerifier> verifier =
      IdentityVerifier::Create(std::move(options), std::move(trust));
  if (!verifier.ok()) reader.Add("trust_domains", View(verifier.status().message()));
  if (problems->size() != before) return nullptr;
  rules->peers_ = std::make_unique<PeerCache>(*std::move(verifier), kPeerCacheEntries);
  return rules;
}

bool PeerRules::Admits(std::string_view address) const {
  const std::optional<IpAddress> ip = IpAddress::Parse(address);
  if (!ip.has_value() || denied_.Contains(*ip)) return false;
  return allowed_.empty() || allowed_.Contains(*ip);
}

void PeerRules::Reload(const std::function<void(ReloadedFile, const absl::Status&)>& report) {
  if (files_->Look(report)) {
    peers_->Replace(peers_->verifier().WithTrust(files_->Current()));
  }
}

absl::Time PeerRules::next_crl_update() const {
  return files_ == nullptr ? absl::InfiniteFuture() : files_->next_crl_update();
}

}  // namespace warden
