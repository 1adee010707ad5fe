#include "interceptors/abuse/abuse_settings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/guard_redis.h"

namespace warden {
namespace {

constexpr char kRedis[] = "abuse.redis";
constexpr absl::Duration kLongest = absl::Hours(24 * 365);
constexpr absl::Duration kLongestDelay = absl::Minutes(1);
constexpr uint32_t kMostEntries = 1 << 24;
constexpr uint32_t kMostFailures = 1'000'000;

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// Reads the durations of `abuse`, each within its bounds.
class Durations {
 public:
  Durations(const LoadedConfig& config, ProblemList* problems)
      : config_(config), problems_(problems) {}

  void Read(bool present, const google::protobuf::Duration& configured, const char* path,
            absl::Duration most, absl::Duration* duration) {
    *duration = DurationOr(present, configured, *duration);
    if (*duration >= absl::Milliseconds(1) && *duration <= most) return;
    problems_->AddAt(config_.places, path,
                     absl::StrCat("must be from 1ms to ", absl::FormatDuration(most)));
  }

 private:
  const LoadedConfig& config_;
  ProblemList* const problems_;
};

void ReadPenalties(const LoadedConfig& config, PenaltyOptions* options, ProblemList* problems) {
  const v1::AbuseConfig& abuse = config.config.abuse();
  const auto wrong = [&](const char* path, const char* what) {
    problems->AddAt(config.places, path, what);
  };
  options->delay_after = abuse.delay_after();
  options->block_after = abuse.block_after();
  if (options->block_after > 0 && options->delay_after == 0) {
    wrong("abuse.block_after", "needs abuse.delay_after, without which there are no penalties");
  } else if (options->block_after > 0 && options->block_after < options->delay_after) {
    wrong("abuse.block_after", "must be at least abuse.delay_after");
  }
  if (std::max(options->block_after, options->delay_after) > kMostFailures) {
    wrong("abuse.delay_after", "must be at most 1000000, and block_after, too");
  }
  Durations durations(config, problems);
  durations.Read(abuse.has_window(), abuse.window(), "abuse.window", kLongest, &options->window);
  durations.Read(abuse.has_first_delay(), abuse.first_delay(), "abuse.first_delay", kLongestDelay,
                 &options->first_delay);
  durations.Read(abuse.has_max_delay(), abuse.max_delay(), "abuse.max_delay", kLongestDelay,
                 &options->max_delay);
  durations.Read(abuse.has_first_block(), abuse.first_block(), "abuse.first_block", kLongest,
                 &options->first_block);
  durations.Read(abuse.has_max_block(), abuse.max_block(), "abuse.max_block", kLongest,
                 &options->max_block);
  if (options->max_delay < options->first_delay) {
    wrong("abuse.max_delay", "must be at least abuse.first_delay");
  }
  if (options->max_block < options->first_block) {
    wrong("abuse.max_block", "must be at least abuse.first_block");
  }
}

void ReadExemptions(const LoadedConfig& config, AbuseSettings* settings, ProblemList* problems) {
  const v1::AbuseConfig& abuse = config.config.abuse();
  for (int i = 0; i < abuse.exempt_addresses_size(); ++i) {
    const absl::Status status = settings->exempt_addresses.Add(abuse.exempt_addresses(i));
    if (status.ok()) continue;
    problems->AddAt(config.places, ItemPath("abuse.exempt_addresses", static_cast<size_t>(i)),
                    View(status.message()));
  }
  for (int i = 0; i < abuse.exempt_peers_size(); ++i) {
    absl::StatusOr<SpiffePattern> pattern = SpiffePattern::Parse(abuse.exempt_peers(i));
    if (pattern.ok()) {
      settings->exempt_peers.push_back(*std::move(pattern));
    } else {
      problems->AddAt(config.places, ItemPath("abuse.exempt_peers", static_cast<size_t>(i)),
                      View(pattern.status().message()));
    }
  }
}

void ReadShared(const LoadedConfig& config, AbuseSettings* settings, ProblemList* problems) {
  if (!config.config.abuse().has_redis()) return;
#ifdef WARDEN_WITH_REDIS
  const v1::RedisConfig& redis = config.config.abuse().redis();
  SharedBlocksSettings& shared = settings->shared.emplace();
  shared.redis = ReadSingleRedis(config, redis, kRedis, problems);
  shared.key_prefix = KeyPrefix(redis);
  shared.poll_interval = ReadPollInterval(config, redis, kRedis, shared.poll_interval, problems);
#else
  (void)settings;
  AddNoRedis(config, kRedis, problems);
#endif
}

}  // namespace

bool AbuseSettings::Exempts(const Peer& peer) const {
  return std::any_of(exempt_peers.begin(), exempt_peers.end(),
                     [&](const SpiffePattern& pattern) { return pattern.Matches(peer.spiffe_id); });
}

std::optional<AbuseSettings> ReadAbuseSettings(const LoadedConfig& config, ProblemList* problems) {
  const v1::Config& all = config.config;
  const auto observe = all.enforcement().abuse();
  if (!all.has_abuse()) {
    if (observe != v1::EnforcementConfig::MODE_UNSPECIFIED) {
      problems->AddAt(config.places, "enforcement.abuse", "needs `abuse`");
    }
    return std::nullopt;
  }
  const v1::AbuseConfig& abuse = all.abuse();
  AbuseSettings settings;
  settings.observe = observe == v1::EnforcementConfig::OBSERVE;
  ReadPenalties(config, &settings.penalties, problems);
  if (abuse.max_entries() > kMostEntries) {
    problems->AddAt(config.places, "abuse.max_entries", "must be at most 16777216");
  } else if (abuse.max_entries() != 0) {
    settings.max_entries = abuse.max_entries();
  }
  settings.penalties.max_entries = settings.max_entries;
  if (abuse.max_delayed() > 1 << 20) {
    problems->AddAt(config.places, "abuse.max_delayed", "must be at most 1048576");
  } else if (abuse.max_delayed() != 0) {
    settings.max_delayed = abuse.max_delayed();
  }
  if (!abuse.block_file().empty()) settings.block_file = ResolveFile(config, abuse.block_file());
  ReadExemptions(config, &settings, problems);
  ReadShared(config, &settings, problems);
  return settings;
}

}  // namespace warden
