// Which peers one port accepts: the configuration's `identity`, with the files it names.
#ifndef WARDEN_INTERCEPTORS_PEER_RULES_H_
#define WARDEN_INTERCEPTORS_PEER_RULES_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/identity/address_set.h"
#include "authz/identity/peer_cache.h"
#include "interceptors/config.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/port_settings.h"

namespace warden {

class TrustFiles;

// Thread-safe, but for Reload.
class PeerRules {
 public:
  // Adds what is wrong to `problems`, with its place, and returns null then.
  static std::shared_ptr<PeerRules> Create(const LoadedConfig& config, std::string_view port,
                                           ProblemList* problems);
  ~PeerRules();

  const std::string& port() const { return port_; }
  PeerCache& peers() { return *peers_; }
  const PeerCache& peers() const { return *peers_; }

  // False where every address passes, so that nobody need ask for one.
  bool judges_addresses() const { return judges_addresses_; }
  // `address` as Call::Address gives it. What is no IP address is in no range, allowed or denied,
  // and refused.
  bool Admits(std::string_view address) const;

  bool forwarded_required() const { return forwarded_required_; }

  // Whether there are files to look at again, how often, and the look: every peer is judged anew
  // where something has changed. A file that cannot be used leaves its last good content in force.
  // `report` hears of each changed file. Not to be run by two threads at once.
  bool has_files() const { return files_ != nullptr; }
  absl::Duration reload_interval() const { return reload_interval_; }
  void Reload(const std::function<void(ReloadedFile, const absl::Status&)>& report);

  // The earliest of the revocation lists'; InfiniteFuture without lists.
  absl::Time next_crl_update() const;

 private:
  PeerRules();

  std::string port_;
  std::unique_ptr<PeerCache> peers_;
  AddressSet allowed_, denied_;
  bool judges_addresses_ = false;
  bool forwarded_required_ = false;
  absl::Duration reload_interval_;
  std::unique_ptr<TrustFiles> files_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PEER_RULES_H_
