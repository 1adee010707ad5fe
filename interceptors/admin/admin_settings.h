// The configuration's `admin`, checked.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_SETTINGS_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_SETTINGS_H_

#include <string>

#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/observe/listen_address.h"
#include "interceptors/tls_files.h"

namespace warden {

struct AdminSettings {
  bool enabled = false;  // there is an address; else only `drain` counts
  ListenAddress address;
  TlsFiles tls;  // all paths empty for plain HTTP; client_ca empty where no client must show one
  std::string bearer_token_file;  // "" for none
  bool debug_policy = false;
  absl::Duration reload_interval;  // that of `tls`
  absl::Duration drain;

  bool https() const { return !tls.certificate.empty(); }
  // Whether who is let in to see more than /healthz and /readyz is known to be allowed to, other
  // than by being on this machine.
  bool asks_clients() const { return !tls.client_ca.empty() || !bearer_token_file.empty(); }
};

// Adds every contradiction to `problems`, with its place and what would remedy it. The files are
// not read. Thread-safe.
AdminSettings ReadAdminSettings(const LoadedConfig& config, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_SETTINGS_H_
