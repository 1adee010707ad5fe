#include "interceptors/config.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/credential_kinds.h"
#include "interceptors/issuer_config.h"

namespace warden {
namespace {

void Require(bool present, std::string_view path, std::string_view what, const SourceMap& places,
             ProblemList* problems) {
  if (!present) problems->AddAt(places, path, what);
}

void CheckTls(const v1::Config& config, const SourceMap& places, ProblemList* problems) {
  const v1::TlsConfig& tls = config.tls();
  Require(!tls.certificate_file().empty(), "tls.certificate_file",
          "is required: the server's certificate, in PEM", places, problems);
  Require(!tls.private_key_file().empty(), "tls.private_key_file",
          "is required: the certificate's private key, in PEM", places, problems);
  Require(!tls.client_ca_file().empty(), "tls.client_ca_file",
          "is required: the CA that signs clients' certificates, in PEM", places, problems);
  const absl::Duration reload =
      DurationOr(tls.has_reload_interval(), tls.reload_interval(), absl::Minutes(1));
  if (reload < absl::Seconds(1)) {
    problems->AddAt(places, "tls.reload_interval", "must be at least 1s");
  }
}

void CheckPorts(const v1::Config& config, const SourceMap& places, ProblemList* problems) {
  for (const auto& [name, port] : config.ports()) {
    const std::string path = ChildPath("ports", name);
    if (name.empty()) problems->AddAt(places, path, "a port needs a name");
    const v1::TlsConfig& tls = port.tls();
    if (DurationOr(tls.has_reload_interval(), tls.reload_interval(), absl::Minutes(1)) <
        absl::Seconds(1)) {
      problems->AddAt(places, ChildPath(ChildPath(path, "tls"), "reload_interval"),
                      "must be at least 1s");
    }
  }
}

void CheckTokens(const v1::Config& config, const SourceMap& places, ProblemList* problems) {
  for (int i = 0; i < config.tokens().issuers_size(); ++i) {
    const v1::IssuerConfig& issuer = config.tokens().issuers(i);
    const std::string path = ItemPath("tokens.issuers", static_cast<size_t>(i));
    CheckIssuer(issuer, path, places, problems);
  }
  if (config.tokens().max_token_bytes() > 1 << 20) {
    problems->AddAt(places, "tokens.max_token_bytes", "must be at most 1048576");
  }
}

void CheckMethodNames(const v1::Config& config, const SourceMap& places, ProblemList* problems) {
  for (int i = 0; i < config.unguarded_methods_size(); ++i) {
    const std::string& name = config.unguarded_methods(i);
    const size_t slash = name.rfind('/');
    if (name.size() < 4 || name[0] != '/' || slash < 2 || slash + 1 == name.size()) {
      problems->AddAt(places, ItemPath("unguarded_methods", static_cast<size_t>(i)),
                      "must be a method's full name, such as `/grpc.health.v1.Health/Check`");
    }
  }
}

void CheckPolicy(const v1::Config& config, const SourceMap& places, ProblemList* problems) {
  Require(!config.policy_file().empty(), "policy_file", "is required", places, problems);
  const v1::PolicyConfig& policy = config.policy();
  if (DurationOr(policy.has_reload_interval(), policy.reload_interval(), absl::Seconds(5)) <
      absl::Milliseconds(100)) {
    problems->AddAt(places, "policy.reload_interval", "must be at least 100ms");
  }
}

}  // namespace

absl::StatusOr<LoadedConfig> ParseConfig(std::string_view yaml, std::string_view file_name,
                                         std::string_view folder) {
  LoadedConfig loaded;
  loaded.folder = std::string(folder);
  if (const absl::Status status = LoadYaml(yaml, file_name, &loaded.config, &loaded.places);
      !status.ok()) {
    return status;
  }
  ProblemList problems;
  CheckTls(loaded.config, loaded.places, &problems);
  CheckPorts(loaded.config, loaded.places, &problems);
  CheckTokens(loaded.config, loaded.places, &problems);
  CheckMethodNames(loaded.config, loaded.places, &problems);
  CheckCredentialKinds(loaded.config, loaded.places, &problems);
  CheckPolicy(loaded.config, loaded.places, &problems);
  if (!problems.empty()) return problems.ToStatus();
  return loaded;
}

absl::StatusOr<LoadedConfig> LoadConfig(const std::string& path) {
  std::string text;
  if (const absl::Status status = ReadBoundedFile(path, YamlBounds{}.max_bytes, &text);
      !status.ok()) {
    return status;
  }
  return ParseConfig(text, path, std::filesystem::path(path).parent_path().string());
}

std::string ResolveFile(const LoadedConfig& config, std::string_view file) {
  const std::filesystem::path path(file);
  if (path.is_absolute() || config.folder.empty()) return path.string();
  return (std::filesystem::path(config.folder) / path).string();
}

HttpClientOptions HttpOptions(const LoadedConfig& config) {
  const v1::HttpConfig& settings = config.config.http();
  HttpClientOptions options;
  if (!settings.ca_file().empty()) options.ca_file = ResolveFile(config, settings.ca_file());
  options.timeout = DurationOr(settings.has_timeout(), settings.timeout(), options.timeout);
  options.connect_timeout = std::min(options.connect_timeout, options.timeout);
  if (settings.max_response_bytes() != 0) {
    options.max_response_bytes = settings.max_response_bytes();
  }
  return options;
}

size_t MaxMetadataBytes(const v1::Config& config) {
  const uint32_t configured = config.request().max_metadata_bytes();
  return configured == 0 ? size_t{64} * 1024 : configured;
}

absl::Duration DurationOr(bool present, const google::protobuf::Duration& duration,
                          absl::Duration fallback) {
  if (!present) return fallback;
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace warden
