// Where an issuer's keys come from: a file, a URL, or OpenID Connect discovery.
#ifndef WARDEN_INTERCEPTORS_KEYS_KEY_SOURCE_H_
#define WARDEN_INTERCEPTORS_KEYS_KEY_SOURCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/token/jwks.h"

namespace warden {

class HttpClient;

struct FetchedKeys {
  std::shared_ptr<const KeySet> keys;       // null: the same as those of the last fetch
  std::optional<absl::Duration> freshness;  // how long they may be used, where the source says it
};

// Fetches one issuer's keys, one fetch at a time.
class KeySource {
 public:
  using Done = std::function<void(absl::StatusOr<FetchedKeys>)>;

  virtual ~KeySource() = default;

  // `done` is called exactly once: before this returns, or on the HTTP client's thread. Errors say
  // what is wrong with the source, and carry no secret. REQUIRES: no other fetch is under way.
  virtual void Fetch(Done done) = 0;

  // The keys of the last fetch were of no use: the next one brings them again rather than saying
  // that they are the same. REQUIRES: no fetch is under way.
  virtual void Forget() = 0;
};

// A JWKS file, read anew at each fetch.
std::unique_ptr<KeySource> MakeFileSource(const std::string& path);

// `client` must outlive the source, and is destroyed before it only after the last fetch ended. An
// answer other than 200 (or 304 to a question with an ETag) is an error, redirects as well.
// REQUIRES: the URL passes CheckHttpsUrl.
std::unique_ptr<KeySource> MakeUrlSource(const std::string& url, HttpClient* client);

// Finds `jwks_uri` in the issuer's document, and asks for the document again after failures and
// each `max_document_age`. REQUIRES: the issuer passes CheckHttpsUrl.
std::unique_ptr<KeySource> MakeDiscoverySource(const std::string& issuer,
                                               absl::Duration max_document_age, HttpClient* client);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_KEYS_KEY_SOURCE_H_
