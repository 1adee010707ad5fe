#include "interceptors/grpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>

#include "interceptors/tls_files.h"

namespace warden {

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const LoadedConfig& config, absl::Time now, absl::Time* not_after) {
  namespace tls = grpc::experimental;
  const v1::TlsConfig& settings = config.config.tls();
  const TlsFiles files = {.certificate = ResolveFile(config, settings.certificate_file()),
                          .private_key = ResolveFile(config, settings.private_key_file()),
                          .client_ca = ResolveFile(config, settings.client_ca_file())};
  absl::StatusOr<absl::Time> end = CheckTlsFiles(files, now);
  if (!end.ok()) return end.status();
  *not_after = *end;
  const absl::Duration interval =
      DurationOr(settings.has_reload_interval(), settings.reload_interval(), absl::Minutes(1));
  const auto seconds = static_cast<unsigned>(std::max<int64_t>(absl::ToInt64Seconds(interval), 1));
  auto provider = std::make_shared<tls::FileWatcherCertificateProvider>(
      files.private_key, files.certificate, files.client_ca, seconds);
  tls::TlsServerCredentialsOptions options(std::move(provider));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

}  // namespace warden
