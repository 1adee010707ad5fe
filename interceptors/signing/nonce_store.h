// Nonces of signed requests that several servers remember together.
#ifndef WARDEN_INTERCEPTORS_SIGNING_NONCE_STORE_H_
#define WARDEN_INTERCEPTORS_SIGNING_NONCE_STORE_H_

#include <prometheus/metric_family.h>

#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/signing/replay_cache.h"

namespace warden {

class NonceStore {
 public:
  // kFresh, kReplayed or kTooOld; an error where the store could not be asked, or gave no answer.
  using Answer = absl::StatusOr<ReplayVerdict>;

  virtual ~NonceStore() = default;
  // Remembers the nonce for all servers. Does not block; `then` is called once, by this thread or
  // another, and must be quick. `created` is when the signature was made. Thread-safe.
  virtual void Claim(std::string_view key_id, std::string_view nonce, absl::Time created,
                     std::function<void(Answer)> then) = 0;

  virtual bool up() const = 0;
  virtual std::vector<prometheus::MetricFamily> Families() const = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_NONCE_STORE_H_
