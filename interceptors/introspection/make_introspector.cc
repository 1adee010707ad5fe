#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/guard_builder.h"
#include "interceptors/introspection/introspector.h"

namespace warden {
namespace {

constexpr size_t kMaxSecretBytes = 4096;
constexpr char kPath[] = "tokens.introspection";

void AddAt(const LoadedConfig& config, std::string_view key, std::string_view what,
           ProblemList* problems) {
  problems->AddAt(config.places, ChildPath(kPath, key), what);
}

// The first line of a file.
std::string ReadSecret(const LoadedConfig& config, std::string_view key, std::string_view file,
                       ProblemList* problems) {
  std::string text;
  const absl::Status status = ReadBoundedFile(ResolveFile(config, file), kMaxSecretBytes, &text);
  if (!status.ok()) {
    AddAt(config, key, std::string(status.message()), problems);
    return "";
  }
  text = std::string(absl::StripTrailingAsciiWhitespace(text));
  if (text.empty()) AddAt(config, key, "the file is empty", problems);
  if (text.find('\n') != std::string::npos) {
    AddAt(config, key, "the file has more than one line", problems);
  }
  return text;
}

std::string Authorization(const LoadedConfig& config, const v1::IntrospectionConfig& settings,
                          ProblemList* problems) {
  if (!settings.bearer_token_file().empty()) {
    if (!settings.client_id().empty() || !settings.client_secret_file().empty()) {
      AddAt(config, "bearer_token_file", "stands beside client_id: set one of them", problems);
    }
    return absl::StrCat(
        "Bearer ", ReadSecret(config, "bearer_token_file", settings.bearer_token_file(), problems));
  }
  if (settings.client_id().empty() || settings.client_secret_file().empty()) {
    AddAt(config, "client_id",
          "client_id and client_secret_file are required, or bearer_token_file", problems);
    return "";
  }
  return Introspector::BasicAuthorization(
      settings.client_id(),
      ReadSecret(config, "client_secret_file", settings.client_secret_file(), problems));
}

absl::Duration PositiveOr(const LoadedConfig& config, std::string_view key, bool present,
                          const google::protobuf::Duration& duration, absl::Duration fallback,
                          ProblemList* problems) {
  const absl::Duration value = DurationOr(present, duration, fallback);
  if (value < absl::ZeroDuration() || value > absl::Hours(24)) {
    AddAt(config, key, "is not from 0s to 24h", problems);
  }
  return value;
}

IntrospectorOptions ReadOptions(const LoadedConfig& config, const v1::IntrospectionConfig& settings,
                                ProblemList* problems) {
  IntrospectorOptions options;
  options.url = settings.url();
  if (const absl::Status status = CheckHttpsUrl(options.url); !status.ok()) {
    AddAt(config, "url", std::string(status.message()), problems);
  }
  options.authorization = Authorization(config, settings, problems);
  options.rules.issuer = settings.issuer();
  if (settings.issuer().empty()) AddAt(config, "issuer", "is required", problems);
  options.rules.audiences = {settings.audiences().begin(), settings.audiences().end()};
  if (settings.audiences().empty()) {
    AddAt(config, "audiences", "is required: name the audiences this server answers to", problems);
  }
  options.cache_ttl = PositiveOr(config, "cache_ttl", settings.has_cache_ttl(),
                                 settings.cache_ttl(), options.cache_ttl, problems);
  options.negative_cache_ttl =
      PositiveOr(config, "negative_cache_ttl", settings.has_negative_cache_ttl(),
                 settings.negative_cache_ttl(), options.negative_cache_ttl, problems);
  options.breaker_pause = PositiveOr(config, "breaker_pause", settings.has_breaker_pause(),
                                     settings.breaker_pause(), options.breaker_pause, problems);
  if (settings.cache_entries() != 0) options.cache_entries = settings.cache_entries();
  if (settings.max_in_flight() != 0) options.max_in_flight = settings.max_in_flight();
  if (settings.breaker_failures() != 0) options.breaker_failures = settings.breaker_failures();
  return options;
}

}  // namespace

std::shared_ptr<Introspector> MakeIntrospector(const LoadedConfig& config, ProblemList* problems) {
  if (!config.config.tokens().has_introspection()) return nullptr;
  const v1::IntrospectionConfig& settings = config.config.tokens().introspection();
  const size_t before = problems->size();
  IntrospectorOptions options = ReadOptions(config, settings, problems);
  HttpClientOptions http = HttpOptions(config);
  http.max_connections = options.max_in_flight;
  absl::StatusOr<std::unique_ptr<HttpClient>> client = HttpClient::Create(http);
  if (!client.ok()) AddAt(config, "url", std::string(client.status().message()), problems);
  if (problems->size() != before) return nullptr;
  return std::make_shared<Introspector>(std::move(options), *std::move(client), absl::Now);
}

}  // namespace warden
