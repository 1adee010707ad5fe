#include "interceptors/introspection/introspector.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

TokenResult Unavailable(std::string detail) {
  TokenResult result;
  result.refusal = TokenRefusal::kUnavailable;
  result.algorithm = kIntrospected;
  result.detail = std::move(detail);
  return result;
}

// What RFC 6749 section 2.3.1 asks for before Basic: the form encoding of a value.
std::string FormEncoded(std::string_view value) {
  const std::string field = EncodeForm({{"v", std::string(value)}});
  return field.substr(2);
}

}  // namespace

std::string Introspector::BasicAuthorization(std::string_view client_id, std::string_view secret) {
  return absl::StrCat(
      "Basic ", absl::Base64Escape(absl::StrCat(FormEncoded(client_id), ":", FormEncoded(secret))));
}

Introspector::Introspector(IntrospectorOptions options, std::unique_ptr<HttpClient> http,
                           std::function<absl::Time()> clock)
    : options_(std::move(options)),
      clock_(std::move(clock)),
      cache_(options_.cache_entries),
      breaker_(options_.breaker_failures, options_.breaker_pause),
      http_(std::move(http)) {}

Introspector::~Introspector() { http_.reset(); }

std::optional<TokenResult> Introspector::Find(std::string_view token, absl::Time now) {
  return cache_.Find(AnswerCache::KeyOf(token), now);
}

std::shared_ptr<PendingToken> Introspector::Ask(std::string_view token, absl::Time now) {
  auto pending = std::make_shared<PendingToken>();
  const std::string key = AnswerCache::KeyOf(token);
  std::string why_not;
  {
    MutexLock lock(&mutex_);
    const auto found = waiting_.find(key);
    if (found != waiting_.end()) {
      found->second.push_back(pending);
      return pending;
    }
    if (waiting_.size() >= options_.max_in_flight) {
      why_not = absl::StrCat(waiting_.size(), " questions are under way already");
    } else if (!breaker_.MayAsk(now)) {
      why_not = "it has failed too often lately";
    } else {
      waiting_[key].push_back(pending);
    }
  }
  if (!why_not.empty()) {
    ++refused_;
    pending->Finish(Unavailable("the authorization server is not asked: " + why_not));
    return pending;
  }
  ++asked_;
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = options_.url;
  request.headers = {{"Authorization", options_.authorization}, {"Accept", "application/json"}};
  request.form = EncodeForm({{"token", std::string(token)}, {"token_type_hint", "access_token"}});
  http_->Send(std::move(request), [this, key](const absl::StatusOr<HttpResponse>& response) {
    OnAnswer(key, response);
  });
  return pending;
}

TokenResult Introspector::Judge(const absl::StatusOr<HttpResponse>& response, absl::Time now) {
  if (!response.ok()) return Unavailable(std::string(response.status().message()));
  if (response->status != 200) {
    return Unavailable(
        absl::StrCat("the authorization server answered with HTTP status ", response->status));
  }
  TokenResult result = JudgeIntrospection(response->body, options_.rules, now);
  // An answer of another form says nothing of the token.
  if (result.refusal == TokenRefusal::kMalformed) {
    return Unavailable(absl::StrCat("the authorization server's answer: ", result.detail));
  }
  return result;
}

void Introspector::OnAnswer(const std::string& key, const absl::StatusOr<HttpResponse>& response) {
  const absl::Time now = clock_();
  const TokenResult result = Judge(response, now);
  const bool good = result.refusal != TokenRefusal::kUnavailable;
  breaker_.Report(good, now);
  if (!good) ++failed_;
  // Before the waiting calls are taken: who comes in between finds it.
  if (good) {
    cache_.Insert(key, result, now,
                  result.token != nullptr ? options_.cache_ttl : options_.negative_cache_ttl);
  }
  for (const std::shared_ptr<PendingToken>& pending : TakeWaiting(key)) pending->Finish(result);
}

Introspector::Waiting Introspector::TakeWaiting(const std::string& key) {
  MutexLock lock(&mutex_);
  Waiting waiting;
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return waiting;
  waiting = std::move(found->second);
  waiting_.erase(found);
  return waiting;
}

Introspector::Counts Introspector::counts() const {
  return {.asked = asked_.load(), .failed = failed_.load(), .refused = refused_.load()};
}

}  // namespace warden
