#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/token/cache_headers.h"
#include "authz/token/discovery.h"
#include "interceptors/http/http_client.h"
#include "interceptors/keys/key_source.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

absl::Status Failure(const std::string& url, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(HostOfUrl(url), ": ", status.message()));
}

absl::Status UnexpectedStatus(const std::string& url, const HttpResponse& response) {
  const bool redirect = response.status >= 300 && response.status < 400;
  return absl::UnavailableError(absl::StrCat(HostOfUrl(url), ": answers with the HTTP status ",
                                             response.status,
                                             redirect ? ", and redirects are not followed" : ""));
}

class HttpSource final : public KeySource {
 public:
  // With an empty `issuer` the keys stand at `url`, else `url` is that of its document.
  HttpSource(std::string issuer, std::string url, absl::Duration max_document_age,
             HttpClient* client)
      : issuer_(std::move(issuer)),
        url_(std::move(url)),
        max_document_age_(max_document_age),
        client_(client) {}

  void Fetch(Done done) override {
    done_ = std::move(done);
    if (issuer_.empty()) {
      AskForKeys(url_);
    } else if (!jwks_uri_.empty() && MonotonicNow() < document_end_) {
      AskForKeys(jwks_uri_);
    } else {
      client_->Send({.url = url_}, [this](absl::StatusOr<HttpResponse> response) {
        OnDocument(std::move(response));
      });
    }
  }

  void Forget() override {
    etag_.clear();
    jwks_uri_.clear();
  }

 private:
  void OnDocument(absl::StatusOr<HttpResponse> response) {
    if (!response.ok()) return Finish(response.status());
    if (response->status != 200) return Finish(UnexpectedStatus(url_, *response));
    absl::StatusOr<std::string> uri = JwksUriOf(response->body, issuer_);
    if (!uri.ok()) return Finish(Failure(url_, uri.status()));
    if (const absl::Status status = CheckHttpsUrl(*uri); !status.ok()) {
      return Finish(
          Failure(url_, absl::Status(status.code(), absl::StrCat("jwks_uri: ", status.message()))));
    }
    if (*uri != jwks_uri_) etag_.clear();
    jwks_uri_ = *std::move(uri);
    document_end_ = MonotonicNow() + max_document_age_;
    AskForKeys(jwks_uri_);
  }

  void AskForKeys(const std::string& url) {
    HttpRequest request{.url = url};
    request.headers.emplace_back("Accept", "application/jwk-set+json, application/json");
    if (!etag_.empty()) request.headers.emplace_back("If-None-Match", etag_);
    client_->Send(std::move(request), [this, url](absl::StatusOr<HttpResponse> response) {
      OnKeys(url, std::move(response));
    });
  }

  void OnKeys(const std::string& url, absl::StatusOr<HttpResponse> response) {
    if (!response.ok()) return Finish(response.status());
    FetchedKeys fetched;
    fetched.freshness = FreshnessOf({.cache_control = response->Header("cache-control"),
                                     .expires = response->Header("expires"),
                                     .date = response->Header("date"),
                                     .age = response->Header("age")},
                                    absl::Now());
    if (response->status == 304 && !etag_.empty()) return Finish(std::move(fetched));
    if (response->status != 200) return Finish(UnexpectedStatus(url, *response));
    absl::StatusOr<std::shared_ptr<const KeySet>> keys = KeySet::Parse(response->body);
    if (!keys.ok()) return Finish(Failure(url, keys.status()));
    fetched.keys = *std::move(keys);
    etag_ = std::string(response->Header("etag"));
    Finish(std::move(fetched));
  }

  void Finish(absl::StatusOr<FetchedKeys> result) {
    if (!result.ok()) jwks_uri_.clear();  // perhaps it has moved
    // Whoever waits may begin the next fetch as soon as it is called.
    const Done done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  const std::string issuer_;
  const std::string url_;
  const absl::Duration max_document_age_;
  HttpClient* const client_;
  Done done_;
  std::string etag_;      // of the last set that could be used
  std::string jwks_uri_;  // as the issuer's document says
  absl::Time document_end_ = absl::InfinitePast();
};

}  // namespace

std::unique_ptr<KeySource> MakeUrlSource(const std::string& url, HttpClient* client) {
  return std::make_unique<HttpSource>("", url, absl::InfiniteDuration(), client);
}

std::unique_ptr<KeySource> MakeDiscoverySource(const std::string& issuer,
                                               absl::Duration max_document_age,
                                               HttpClient* client) {
  return std::make_unique<HttpSource>(issuer, DiscoveryUrl(issuer), max_document_age, client);
}

}  // namespace warden
