// The files of CAs and revocation lists that peers are judged by.
#ifndef WARDEN_INTERCEPTORS_TRUST_FILES_H_
#define WARDEN_INTERCEPTORS_TRUST_FILES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/identity/ca_set.h"
#include "authz/identity/crl_set.h"
#include "authz/identity/identity_trust.h"
#include "interceptors/config.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/port_settings.h"
#include "interceptors/watched_file.h"

namespace warden {

// Not thread-safe, but for next_crl_update.
class TrustFiles {
 public:
  using Report = std::function<void(ReloadedFile, const absl::Status&)>;

  TrustFiles(const LoadedConfig& config, const PortSettings& port);

  // Looks at every file; reports those that are new or have changed. True where what Current gives
  // has changed.
  bool Look(const Report& report);

  // Of the last good content of every file.
  IdentityTrust Current() const;
  absl::Time next_crl_update() const;

 private:
  struct Bundle {
    std::string trust_domain;
    WatchedFile<CaSet> file;
  };
  // What signs revocation lists.
  std::vector<X509*> Authorities() const;

  WatchedFile<CaSet> client_cas_;
  std::vector<Bundle> bundles_;
  std::vector<WatchedFile<CrlSet>> crls_;
  const std::shared_ptr<IntermediatePool> intermediates_ = std::make_shared<IntermediatePool>();
  std::atomic<int64_t> next_crl_update_;  // absl::ToUnixNanos
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_TRUST_FILES_H_
