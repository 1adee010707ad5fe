#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "authz/token/discovery.h"
#include "interceptors/http/http_client.h"
#include "tools/warden/commands.h"
#include "tools/warden/keys_report.h"
#include "tools/warden/token_files.h"

namespace warden::cli {
namespace {

constexpr char kDescription[] =
    "Check a key set (JWKS) as the server does, and list its keys.\n"
    "  exit status 0  the set can be used\n"
    "  exit status 1  the set would be refused, or is not what was asked for\n"
    "  exit status 2  bad usage, unreadable file, no answer";

struct CheckOptions {
  std::string jwks;
  std::string url;
  std::string issuer;
  std::string ca_file;
  double timeout = 5;
  bool json = false;
};

int Fail(int status, const std::string& message) {
  std::cerr << "warden: " << message << '\n';
  return status;
}

absl::StatusOr<HttpResponse> Get(const std::string& url, HttpClient* client) {
  absl::StatusOr<HttpResponse> response = client->SendAndWait({.url = url});
  if (!response.ok() || response->status == 200) return response;
  return absl::UnavailableError(
      absl::StrCat(HostOfUrl(url), ": answers with the HTTP status ", response->status));
}

// The set that the options name. FailedPrecondition where the issuer's document is not good.
absl::StatusOr<PublishedKeys> ReadKeys(const CheckOptions& options) {
  PublishedKeys published;
  if (!options.jwks.empty()) {
    absl::StatusOr<std::string> text = ReadAtMost(options.jwks, KeySetOptions{}.max_bytes + 1);
    if (!text.ok()) return text.status();
    published.text = *std::move(text);
    return published;
  }
  absl::StatusOr<std::unique_ptr<HttpClient>> client =
      HttpClient::Create({.ca_file = options.ca_file, .timeout = absl::Seconds(options.timeout)});
  if (!client.ok()) return absl::InvalidArgumentError(client.status().message());
  std::string url = options.url;
  if (!options.issuer.empty()) {
    const absl::StatusOr<HttpResponse> document = Get(DiscoveryUrl(options.issuer), client->get());
    if (!document.ok()) return document.status();
    absl::StatusOr<std::string> uri = JwksUriOf(document->body, options.issuer);
    if (!uri.ok()) return absl::FailedPreconditionError(uri.status().message());
    if (const absl::Status status = CheckHttpsUrl(*uri); !status.ok()) {
      return absl::FailedPreconditionError(absl::StrCat("jwks_uri: ", status.message()));
    }
    url = *std::move(uri);
  }
  absl::StatusOr<HttpResponse> response = Get(url, client->get());
  if (!response.ok()) return response.status();
  published.over_http = true;
  published.cache_control = std::string(response->Header("cache-control"));
  published.expires = std::string(response->Header("expires"));
  published.text = std::move(response->body);
  return published;
}

int Check(const CheckOptions& options) {
  const int sources = (options.jwks.empty() ? 0 : 1) + (options.url.empty() ? 0 : 1) +
                      (options.issuer.empty() ? 0 : 1);
  if (sources != 1) return Fail(kUsage, "give one of --jwks, --url and --issuer");
  const absl::StatusOr<PublishedKeys> published = ReadKeys(options);
  if (!published.ok()) {
    const bool bad = absl::IsFailedPrecondition(published.status());
    return Fail(bad ? kNo : kUsage, std::string(published.status().message()));
  }
  const KeysReport report = ReportOf(*published);
  options.json ? PrintJson(report, std::cout) : PrintText(report, std::cout);
  return report.problems.empty() ? kYes : kNo;
}

}  // namespace

void AddKeysCommands(CLI::App& app, int* status) {
  CLI::App* keys = app.add_subcommand("keys", "Check the keys that tokens are verified with");
  keys->require_subcommand(1);
  CLI::App* check = keys->add_subcommand("check", kDescription);
  const auto options = std::make_shared<CheckOptions>();
  check->add_option("--jwks", options->jwks, "The set in a file; - for standard input");
  check->add_option("--url", options->url, "The set at an https address");
  check->add_option("--issuer", options->issuer,
                    "The set that the issuer's discovery document names (OpenID Connect)");
  check->add_option("--ca-file", options->ca_file,
                    "Who may vouch for the server, in PEM; the machine's trust store if absent");
  check->add_option("--timeout", options->timeout, "Of an answer, in seconds")
      ->check(CLI::Range(0.001, 300.0))
      ->capture_default_str();
  check->add_flag("--json", options->json, "Print JSON instead of text");
  check->callback([options, status] { *status = Check(*options); });
}

}  // namespace warden::cli
