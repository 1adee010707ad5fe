// How many calls may be in flight.
#ifndef WARDEN_INTERCEPTORS_LIMITS_CONCURRENCY_H_
#define WARDEN_INTERCEPTORS_LIMITS_CONCURRENCY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "authz/sync/mutex.h"
#include "interceptors/limits/limit.h"
#include "interceptors/limits/siphash.h"

namespace warden {

class ConcurrencyLimiter;

// A call's place among those in flight. Given back once, by Release or by its end.
class InFlightPlace {
 public:
  InFlightPlace() = default;
  InFlightPlace(InFlightPlace&& other) noexcept { *this = std::move(other); }
  InFlightPlace& operator=(InFlightPlace&& other) noexcept {
    if (this == &other) return *this;
    Release();
    limiter_ = std::move(other.limiter_);
    other.limiter_ = nullptr;
    key_ = other.key_;
    return *this;
  }
  ~InFlightPlace() { Release(); }

  void Release();
  bool held() const { return limiter_ != nullptr; }

 private:
  friend class ConcurrencyLimiter;
  std::shared_ptr<ConcurrencyLimiter> limiter_;  // null where no place is held
  std::optional<Hash128> key_;
};

// Of one method. Memory: an entry for each key with a call in flight, so at most as many as there
// are calls; keys are kept as 128-bit hashes. Thread-safe, sharded.
class ConcurrencyLimiter : public std::enable_shared_from_this<ConcurrencyLimiter> {
 public:
  struct Limits {
    uint32_t max_calls = 0;       // none where 0
    uint32_t max_calls_each = 0;  // for each key; none where 0
    LimitKeys keys;               // of max_calls_each
    std::string label;            // LabelOf(keys)
  };
  explicit ConcurrencyLimiter(Limits limits);

  const Limits& limits() const { return limits_; }

  // `key` is any bytes; it is not looked at without max_calls_each. kAll, kKey: which bound
  // refused.
  enum class Result : uint8_t { kEntered, kAll, kKey };
  Result Enter(std::string_view key, InFlightPlace* place);

  uint64_t in_flight() const { return calls_.load(std::memory_order_relaxed); }
  size_t tracked_keys() const;

 private:
  friend class InFlightPlace;
  static constexpr size_t kShards = 16;
  struct HashOf {
    size_t operator()(const Hash128& hash) const { return static_cast<size_t>(hash.low); }
  };
  struct alignas(64) Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<Hash128, uint32_t, HashOf> calls ABSL_GUARDED_BY(mutex);
  };

  bool EnterKey(const Hash128& key);
  void Leave(const std::optional<Hash128>& key);
  Shard& ShardOf(const Hash128& key) { return shards_[key.high % kShards]; }

  const Limits limits_;
  const SipKey hash_key_;
  std::atomic<uint64_t> calls_{0};
  std::array<Shard, kShards> shards_;
};

// A method's own `concurrency` option, else its service's, else its file's, else null.
// InvalidArgument lists every problem, one a line, with method, option and field.
absl::StatusOr<std::shared_ptr<ConcurrencyLimiter>> ResolveConcurrency(
    const google::protobuf::MethodDescriptor& method);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_CONCURRENCY_H_
