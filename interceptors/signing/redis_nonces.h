// Nonces remembered by Redis.
#ifndef WARDEN_INTERCEPTORS_SIGNING_REDIS_NONCES_H_
#define WARDEN_INTERCEPTORS_SIGNING_REDIS_NONCES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "interceptors/limits/shared/redis_script.h"
#include "interceptors/limits/shared/redis_sender.h"
#include "interceptors/signing/nonce_store.h"

namespace warden {

// A nonce is an empty string named PREFIXnonce:{GROUP}:HASH, which expires 3 * `max_skew` after it
// came: a signature is acceptable for twice that long at a server whose clock is right, and one
// more for servers whose clocks differ.
//
// What Redis has forgotten must not count again. Beside the nonces of each of kGroups groups (so
// that a Cluster spreads them) stands when the store began to remember, by Redis' clock: where that
// is gone, as after FLUSHALL, it begins anew, and what was made before is kTooOld at every server.
// A restart or a failover may lose the last nonces and keep that mark: so what was made before this
// object could last not ask is kTooOld, too. Thread-safe.
class RedisNonces final : public NonceStore {
 public:
  static constexpr uint32_t kGroups = 64;

  struct Options {
    std::string key_prefix = "warden:";  // begins the names of all keys
    absl::Duration max_skew;
    std::function<absl::Time()> clock;  // the wall clock; asked by any thread
  };
  RedisNonces(std::unique_ptr<RedisSender> sender, Options options);

  void Claim(std::string_view key_id, std::string_view nonce, absl::Time created,
             std::function<void(Answer)> then) override;
  bool up() const override { return sender_->up(); }
  std::vector<prometheus::MetricFamily> Families() const override;

 private:
  void Begin();
  Answer Read(const RedisSender::Reply& reply);
  std::string BeginningOf(uint32_t group) const;

  const Options options_;
  const std::string lifetime_ms_;
  const RedisScript script_;
  std::atomic<bool> begins_{true};  // the groups' marks are to be set where they are missing
  std::atomic<int64_t> floor_ms_{
      std::numeric_limits<int64_t>::min()};    // Unix; what was made before is kTooOld
  const std::unique_ptr<RedisSender> sender_;  // the first to go: its thread uses the others
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_SIGNING_REDIS_NONCES_H_
