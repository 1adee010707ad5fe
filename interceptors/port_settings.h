// What the configuration says for one port.
#ifndef WARDEN_INTERCEPTORS_PORT_SETTINGS_H_
#define WARDEN_INTERCEPTORS_PORT_SETTINGS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "interceptors/config.h"
#include "interceptors/tls_files.h"
#include "warden/v1/config.pb.h"

namespace warden {

// The configuration's `tls` and `identity`, with the fields that `ports.NAME` gives instead. Field
// by field, so that a port that says one thing more does not lose the rest.
struct PortSettings {
  std::string name;  // "" for ports without one
  v1::TlsConfig tls;
  v1::IdentityConfig identity;
  absl::Duration reload_interval;
};

// `name` is "" or a key of `ports`.
PortSettings SettingsOfPort(const v1::Config& config, std::string_view name);

// "" and then the keys of `ports`, sorted.
std::vector<std::string> PortNames(const v1::Config& config);

// The path, for SourceMap, of where `section.field` ("identity", "trust_domains") comes from for a
// port.
std::string PathForPort(const v1::Config& config, std::string_view name, std::string_view section,
                        std::string_view field);

TlsFiles TlsFilesOf(const LoadedConfig& config, const PortSettings& port);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_PORT_SETTINGS_H_
