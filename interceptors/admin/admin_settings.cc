#include "interceptors/admin/admin_settings.h"

#include <utility>

namespace warden {
namespace {

constexpr absl::Duration kLongestDrain = absl::Hours(1);

std::string FileOr(const LoadedConfig& config, const std::string& file) {
  return file.empty() ? "" : ResolveFile(config, file);
}

void CheckTls(const LoadedConfig& config, const v1::AdminConfig& admin, ProblemList* problems) {
  const bool certificate = !admin.certificate_file().empty();
  if (certificate && admin.private_key_file().empty()) {
    problems->AddAt(config.places, "admin.certificate_file", "needs private_key_file beside it");
  }
  if (!certificate && !admin.private_key_file().empty()) {
    problems->AddAt(config.places, "admin.private_key_file", "needs certificate_file beside it");
  }
  if (!certificate && !admin.client_ca_file().empty()) {
    problems->AddAt(config.places, "admin.client_ca_file",
                    "needs certificate_file: without TLS no client can show a certificate");
  }
}

// A public port that anybody can ask tells attackers who may call what, and what is noticed.
void CheckPublic(const LoadedConfig& config, const AdminSettings& settings, ProblemList* problems) {
  const v1::AdminConfig& admin = config.config.admin();
  const bool guarded = settings.https() && settings.asks_clients();
  if (settings.address.loopback || guarded) return;
  if (!admin.insecure_allow_public_address()) {
    problems->AddAt(config.places, "admin.address",
                    "is not a loopback address: give certificate_file and private_key_file with "
                    "client_ca_file or bearer_token_file, or listen on 127.0.0.1; "
                    "insecure_allow_public_address would allow it as it is");
  } else if (settings.debug_policy && !settings.asks_clients()) {
    problems->AddAt(config.places, "admin.debug_policy",
                    "would show everybody who may call what: give bearer_token_file or "
                    "client_ca_file, or listen on 127.0.0.1");
  }
}

}  // namespace

AdminSettings ReadAdminSettings(const LoadedConfig& config, ProblemList* problems) {
  const v1::AdminConfig& admin = config.config.admin();
  AdminSettings settings;
  settings.drain = DurationOr(admin.has_drain(), admin.drain(), absl::ZeroDuration());
  if (settings.drain < absl::ZeroDuration() || settings.drain > kLongestDrain) {
    problems->AddAt(config.places, "admin.drain", "must be from 0s to 1h");
  }
  const v1::TlsConfig& tls = config.config.tls();
  settings.reload_interval =
      DurationOr(tls.has_reload_interval(), tls.reload_interval(), absl::Minutes(1));
  settings.tls = {.certificate = FileOr(config, admin.certificate_file()),
                  .private_key = FileOr(config, admin.private_key_file()),
                  .client_ca = FileOr(config, admin.client_ca_file())};
  settings.bearer_token_file = FileOr(config, admin.bearer_token_file());
  settings.debug_policy = admin.debug_policy();
  CheckTls(config, admin, problems);
  settings.enabled = !admin.address().empty();
  if (!settings.enabled) {
    if (settings.https() || settings.asks_clients() || settings.debug_policy ||
        admin.insecure_allow_public_address()) {
      problems->AddAt(config.places, "admin.address",
                      "is required where admin has other settings than `drain`");
    }
    return settings;
  }
  absl::StatusOr<ListenAddress> address = ParseListenAddress("address", admin.address());
  if (!address.ok()) {
    problems->AddAt(
        config.places, "admin.address",
        std::string_view(address.status().message().data(), address.status().message().size()));
    return settings;
  }
  settings.address = *std::move(address);
  CheckPublic(config, settings, problems);
  return settings;
}

}  // namespace warden
