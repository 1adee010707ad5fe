#include "interceptors/keys/token_keys.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "authz/token/verifier.h"
#include "interceptors/observe/operator_log.h"
#include "interceptors/problem_lines.h"

namespace warden {
namespace {

constexpr size_t kDefaultCacheEntries = 65536;
constexpr absl::Duration kFileInterval = absl::Seconds(5);

std::string IssuerPath(int index) { return ItemPath("tokens.issuers", static_cast<size_t>(index)); }

// The key in the configuration that says where an issuer's keys are.
std::string_view SourceKey(const v1::IssuerConfig& issuer) {
  if (issuer.discovery()) return "discovery";
  return issuer.jwks_url().empty() ? "jwks_file" : "jwks_url";
}

KeyScheduleOptions ScheduleOf(const v1::IssuerConfig& issuer) {
  const v1::KeyRefreshConfig& refresh = issuer.refresh();
  const bool file = !issuer.jwks_file().empty();
  KeyScheduleOptions options;
  options.min_interval = DurationOr(refresh.has_min_interval(), refresh.min_interval(),
                                    file ? kFileInterval : options.min_interval);
  options.max_interval = DurationOr(refresh.has_max_interval(), refresh.max_interval(),
                                    std::max(options.min_interval, options.max_interval));
  options.unknown_key_cooldown =
      DurationOr(refresh.has_unknown_key_cooldown(), refresh.unknown_key_cooldown(),
                 options.unknown_key_cooldown);
  options.max_age = DurationOr(refresh.has_max_age(), refresh.max_age(), options.max_age);
  return options;
}

std::unique_ptr<KeySource> SourceOf(const LoadedConfig& config, const v1::IssuerConfig& issuer,
                                    HttpClient* client) {
  if (issuer.discovery()) {
    return MakeDiscoverySource(issuer.issuer(), ScheduleOf(issuer).max_interval, client);
  }
  if (!issuer.jwks_url().empty()) return MakeUrlSource(issuer.jwks_url(), client);
  return MakeFileSource(ResolveFile(config, issuer.jwks_file()));
}

IssuerOptions OptionsOf(const v1::IssuerConfig& issuer) {
  IssuerOptions options;
  options.issuer = issuer.issuer();
  options.audiences = {issuer.audiences().begin(), issuer.audiences().end()};
  options.algorithms = {issuer.algorithms().begin(), issuer.algorithms().end()};
  options.required_claims = {issuer.required_claims().begin(), issuer.required_claims().end()};
  options.types = {issuer.types().begin(), issuer.types().end()};
  options.leeway = DurationOr(issuer.has_leeway(), issuer.leeway(), absl::Seconds(60));
  options.require_certificate_bound = issuer.require_certificate_bound();
  options.peer_claim = issuer.peer_claim();
  options.subject_claim = issuer.subject_claim();
  options.keys_come_later = issuer.refresh().allow_start_without_keys();
  return options;
}

// Null without a problem where every issuer's keys are in files.
std::unique_ptr<HttpClient> ClientOf(const LoadedConfig& config, ProblemList* problems) {
  for (int i = 0; i < config.config.tokens().issuers_size(); ++i) {
    const v1::IssuerConfig& issuer = config.config.tokens().issuers(i);
    if (!issuer.jwks_file().empty()) continue;
    absl::StatusOr<std::unique_ptr<HttpClient>> client = HttpClient::Create(HttpOptions(config));
    if (client.ok()) return *std::move(client);
    const std::string path = absl::IsUnimplemented(client.status())
                                 ? ChildPath(IssuerPath(i), SourceKey(issuer))
                                 : "http";
    AddLines(config.places.Place(path), client.status(), problems);
    return nullptr;
  }
  return nullptr;
}

std::unique_ptr<KeyKeeper> KeeperOf(const LoadedConfig& config, ProblemList* problems) {
  const size_t before = problems->size();
  std::unique_ptr<HttpClient> client = ClientOf(config, problems);
  if (problems->size() != before) return nullptr;
  std::vector<KeptIssuer> issuers;
  for (const v1::IssuerConfig& issuer : config.config.tokens().issuers()) {
    issuers.push_back({.name = issuer.issuer(),
                       .source = SourceOf(config, issuer, client.get()),
                       .schedule = ScheduleOf(issuer)});
  }
  return std::make_unique<KeyKeeper>(std::move(issuers), std::move(client),
                                     [](const std::string& line) { LogForOperator("keys", line); });
}

// Of the keys that could be fetched; null with a problem for each issuer that cannot be served.
std::shared_ptr<const TokenVerifier> VerifierOf(const LoadedConfig& config, KeyKeeper* keeper,
                                                ProblemList* problems) {
  const v1::TokensConfig& tokens = config.config.tokens();
  const std::vector<absl::StatusOr<std::shared_ptr<const KeySet>>> keys = keeper->FetchFirst();
  std::vector<IssuerOptions> issuers;
  bool complete = true;
  for (int i = 0; i < tokens.issuers_size(); ++i) {
    const v1::IssuerConfig& issuer = tokens.issuers(i);
    const auto& fetched = keys[static_cast<size_t>(i)];
    issuers.push_back(OptionsOf(issuer));
    if (fetched.ok()) {
      issuers.back().keys = *fetched;
    } else if (!issuer.refresh().allow_start_without_keys()) {
      AddLines(config.places.Place(ChildPath(IssuerPath(i), SourceKey(issuer))), fetched.status(),
               problems);
      complete = false;
    }
  }
  if (!complete) return nullptr;
  TokenLimits limits;
  if (tokens.max_token_bytes() != 0) limits.max_token_bytes = tokens.max_token_bytes();
  absl::StatusOr<std::shared_ptr<const TokenVerifier>> verifier =
      TokenVerifier::Create(std::move(issuers), limits);
  if (verifier.ok()) return *std::move(verifier);
  AddLines(config.places.Place("tokens.issuers"), verifier.status(), problems);
  return nullptr;
}

}  // namespace

TokenKeys MakeTokenKeys(const LoadedConfig& config, ProblemList* problems) {
  const v1::TokensConfig& tokens = config.config.tokens();
  if (tokens.issuers().empty()) return {};
  std::unique_ptr<KeyKeeper> keeper = KeeperOf(config, problems);
  if (keeper == nullptr) return {};
  const std::shared_ptr<const TokenVerifier> verifier = VerifierOf(config, keeper.get(), problems);
  if (verifier == nullptr) return {};
  const size_t entries =
      tokens.cache_entries() == 0 ? kDefaultCacheEntries : tokens.cache_entries();
  auto cache = std::make_shared<TokenCache>(verifier, entries, keeper->alarm());
  try {
    keeper->Keep(verifier, cache);
  } catch (const std::system_error& error) {
    problems->Add("tokens", absl::StrCat("no thread to keep keys fresh: ", error.what()));
    return {};
  }
  return {std::move(cache), std::move(keeper)};
}

}  // namespace warden
