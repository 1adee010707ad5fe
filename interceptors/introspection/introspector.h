// Asks an authorization server about opaque tokens: OAuth 2.0 Token Introspection, RFC 7662.
#ifndef WARDEN_INTERCEPTORS_INTROSPECTION_INTROSPECTOR_H_
#define WARDEN_INTERCEPTORS_INTROSPECTION_INTROSPECTOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "authz/token/introspection.h"
#include "interceptors/http/http_client.h"
#include "interceptors/introspection/answer_cache.h"
#include "interceptors/introspection/circuit_breaker.h"
#include "interceptors/pending_token.h"

namespace warden {

struct IntrospectorOptions {
  std::string url;            // https
  std::string authorization;  // the header's value, such as "Basic ..."; a secret
  IntrospectionRules rules;
  absl::Duration cache_ttl = absl::Seconds(30);           // good answers; also bounded by `exp`
  absl::Duration negative_cache_ttl = absl::Seconds(10);  // bad ones
  size_t cache_entries = 16384;
  size_t max_in_flight = 64;  // questions at the same time; more are answered with kUnavailable
  uint32_t breaker_failures = 5;
  absl::Duration breaker_pause = absl::Seconds(5);
};

// Thread-safe. Never blocks. What the server does not answer with 200 counts as its failure, is not
// remembered, and refuses the token with kUnavailable.
class Introspector {
 public:
  // `clock` gives the time of answers.
  Introspector(IntrospectorOptions options, std::unique_ptr<HttpClient> http,
               std::function<absl::Time()> clock);
  // Questions under way are answered with kUnavailable.
  ~Introspector();

  // What is known of the token.
  std::optional<TokenResult> Find(std::string_view token, absl::Time now);
  // Asks. Calls with the same token share one question. The answer may be there on return.
  std::shared_ptr<PendingToken> Ask(std::string_view token, absl::Time now);

  // Authorization of a client, RFC 6749 section 2.3.1.
  static std::string BasicAuthorization(std::string_view client_id, std::string_view secret);

  struct Counts {
    uint64_t asked = 0, failed = 0,
             refused = 0;  // refused: not asked, by breaker or in-flight bound
  };
  Counts counts() const;
  size_t cached() const { return cache_.size(); }
  bool breaker_open() const { return breaker_.open(); }

 private:
  using Waiting = std::vector<std::shared_ptr<PendingToken>>;

  void OnAnswer(const std::string& key, const absl::StatusOr<HttpResponse>& response);
  TokenResult Judge(const absl::StatusOr<HttpResponse>& response, absl::Time now);
  // Takes the calls that wait for the key.
  Waiting TakeWaiting(const std::string& key);

  const IntrospectorOptions options_;
  const std::function<absl::Time()> clock_;
  AnswerCache cache_;
  CircuitBreaker breaker_;
  std::atomic<uint64_t> asked_{0}, failed_{0}, refused_{0};
  Mutex mutex_;
  absl::flat_hash_map<std::string, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpClient> http_;  // goes first: its callbacks use the rest
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_INTROSPECTION_INTROSPECTOR_H_
