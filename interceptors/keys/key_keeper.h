// Keeps the keys of every issuer fresh, in the background.
#ifndef WARDEN_INTERCEPTORS_KEYS_KEY_KEEPER_H_
#define WARDEN_INTERCEPTORS_KEYS_KEY_KEEPER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/sync/mutex.h"
#include "authz/token/jwks.h"
#include "authz/token/key_schedule.h"
#include "authz/token/token_cache.h"
#include "authz/token/verifier.h"
#include "interceptors/http/http_client.h"
#include "interceptors/keys/key_alarm.h"
#include "interceptors/keys/key_source.h"

namespace warden {

struct KeptIssuer {
  std::string name;
  std::unique_ptr<KeySource> source;
  KeyScheduleOptions schedule;
};

// How an issuer's keys fare, for metrics.
struct KeyStatus {
  std::string issuer;
  std::optional<absl::Duration> age;  // since they were last fetched; nothing before the first time
  size_t keys = 0;                    // that are in use; 0 while the issuer's tokens are refused
  uint64_t updated = 0, unchanged = 0, failed = 0;  // fetches so far, by result
};

// One thread; its members are thread-safe unless they say otherwise. A set that is not good (see
// KeySet::Parse) or cannot be had changes nothing until the last good one is too old: then the
// issuer's tokens are refused until a good one comes.
class KeyKeeper {
 public:
  // `client` may be null where no source needs it. The issuers are in the verifier's order.
  // `report` hears what the operator should know, one line each; on any thread.
  KeyKeeper(std::vector<KeptIssuer> issuers, std::unique_ptr<HttpClient> client,
            std::function<void(const std::string&)> report);
  // Ends the thread and every fetch, without waiting for a server.
  ~KeyKeeper();
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  // Fetches the keys of all issuers at the same time and waits for them, as long as the HTTP
  // client's timeouts last. REQUIRES: called once, before Keep.
  std::vector<absl::StatusOr<std::shared_ptr<const KeySet>>> FetchFirst();

  // Begins to keep the keys of `verifier` fresh, which has those that FetchFirst brought, in
  // `cache`. Throws std::system_error where no thread can be had. REQUIRES: called once.
  void Keep(std::shared_ptr<const TokenVerifier> verifier, std::shared_ptr<TokenCache> cache);

  // For the cache: a token with an unknown key has its issuer's keys fetched, within the cooldown.
  std::shared_ptr<OutdatedKeysListener> alarm() const { return alarm_; }

  std::vector<KeyStatus> Status() const;
  // Hears of every changed set and every failure; null ends it.
  void OnReload(std::function<void(bool ok)> listener);

 private:
  struct Issuer {
    std::string name;
    std::unique_ptr<KeySource> source;
    KeySchedule schedule;
    std::shared_ptr<const KeySet> keys;  // the last good ones
    bool in_use = false;                 // false where they are too old
    bool fetching = false;
    std::string reported;  // the failure that was reported last; "" after a success
    KeyStatus status;
  };

  void Run();
  // Starts what is due and drops what is too old. How long nothing else has to be done.
  absl::Duration RunOnce();
  void Fetch(size_t issuer);
  void OnFetched(size_t issuer, absl::StatusOr<FetchedKeys> fetched);
  absl::Status Take(Issuer& issuer, size_t index, std::shared_ptr<const KeySet> keys)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(Issuer& issuer, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(Issuer& issuer, size_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double Random() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<KeyAlarm> alarm_;
  const std::function<void(const std::string&)> report_;
  mutable Mutex mutex_;
  // The sources of an issuer that is being fetched belong to who fetches it.
  std::vector<Issuer> issuers_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const TokenVerifier> verifier_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<TokenCache> cache_ ABSL_GUARDED_BY(mutex_);
  std::function<void(bool)> on_reload_ ABSL_GUARDED_BY(mutex_);
  std::minstd_rand random_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_{false};
  std::unique_ptr<HttpClient> client_;
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_KEYS_KEY_KEEPER_H_
