// The configuration's `abuse`, checked.
#ifndef WARDEN_INTERCEPTORS_ABUSE_ABUSE_SETTINGS_H_
#define WARDEN_INTERCEPTORS_ABUSE_ABUSE_SETTINGS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/identity/address_set.h"
#include "authz/identity/name_pattern.h"
#include "authz/identity/peer.h"
#include "interceptors/abuse/penalties.h"
#include "interceptors/config.h"
#include "interceptors/revocation/redis_options.h"

namespace warden {

// Where a shared block list is; as SharedBlocksOptions, which needs a build with Redis.
struct SharedBlocksSettings {
  RedisOptions redis;
  std::string key_prefix = "warden:";
  absl::Duration poll_interval = absl::Milliseconds(250);
};

struct AbuseSettings {
  PenaltyOptions penalties;
  size_t max_entries = 262144;
  size_t max_delayed = 1024;
  std::string block_file;  // "" without one
  std::optional<SharedBlocksSettings> shared;
  AddressSet exempt_addresses;
  std::vector<SpiffePattern> exempt_peers;
  bool observe = false;

  bool Exempts(const Peer& peer) const;
};

// Nullopt without a problem where nothing is configured. Adds what is wrong to `problems`.
std::optional<AbuseSettings> ReadAbuseSettings(const LoadedConfig& config, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_ABUSE_SETTINGS_H_
