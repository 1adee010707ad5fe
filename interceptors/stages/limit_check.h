// Asks the limits of a call, and makes a refusal of what they say.
#ifndef WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_
#define WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "google/protobuf/message.h"
#include "interceptors/call.h"
#include "interceptors/guard_limits.h"
#include "interceptors/limit_counters.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/limits/shared/shared_store.h"
#include "interceptors/refusal.h"
#include "interceptors/stages/limit_key.h"

namespace warden {

class Metrics;
class PendingLimits;

// What limits were asked for a call, and what they said; few calls have more than two.
struct LimitAsks {
  absl::InlinedVector<const Limit*, 2> limits;
  absl::InlinedVector<RateLimiter::Ask, 2> asks;
  absl::InlinedVector<RateLimiter::Decision, 2> decisions;
  bool charged = false;  // by this process

  size_t count() const { return limits.size(); }
};

// Whether one of them counts failures.
bool CountFailures(const std::vector<Limit>& limits);

// Judges a call by its own version of the limits (Call::limits). Thread-safe.
class LimitCheck {
 public:
  struct Options {
    std::shared_ptr<RateLimiter> limiter;
    std::shared_ptr<LimitCounters> counters;
    LimitTrailers trailers;
    bool observe = false;        // what would be refused is noted and goes on
    Metrics* metrics = nullptr;  // outlives this
  };
  explicit LimitCheck(Options options) : options_(std::move(options)) {}

  // Of limits that are SHARED, and of those that say SERVICE; null where there is none. To be
  // called before the first call.
  void UseStores(std::shared_ptr<SharedLimitStore> store,
                 std::shared_ptr<SharedLimitStore> service) {
    store_ = std::move(store);
    service_ = std::move(service);
  }

  // The limits that are held before anybody is known, all of them, or nothing is charged. Limits of
  // failures are only looked at.
  std::optional<Refusal> OfConnection(Call& call);
  // Those of the method's that count failures and need no credentials: only looked at, before any
  // are, so that whoever guesses does not learn that a guess was right.
  std::optional<Refusal> OfFailures(Call& call) const;
  // Those of the method. What costs by the body is only looked at: whether anything is left. Where
  // a store is asked, the call may be left waiting; then it is to be asked again, as a stage is.
  std::optional<Refusal> BeforeBody(Call& call);
  // What costs by the body, once it is there. Likewise.
  std::optional<Refusal> OfBody(Call& call, const google::protobuf::Message& request);

  // Charges those of `limits`, which the call was held to, that count failures. Of what is not
  // known of the call yet, such as its principal, the peer stands in, and the address for that.
  void ChargeFailure(const std::vector<Limit>& limits, MethodInKey method, int64_t monotonic_ns,
                     Call& call) const;

  // Refuses, or notes it where limits are only watched.
  std::optional<Refusal> Refuse(Refusal refusal, std::string_view stage, Call& call) const;
  std::optional<Refusal> RefuseRate(Refusal refusal, std::string_view key, std::string_view stage,
                                    Call& call) const;

  // Calls that a store could not decide: by this process alone, and refused.
  std::vector<prometheus::MetricFamily> OutageFamilies() const;

 private:
  void Add(const Limit& limit, MethodInKey method, uint32_t cost, TakeMode mode, Call& call,
           LimitAsks* asks) const;
  std::optional<Refusal> JudgeHere(Reason reason, std::string_view stage, Call& call,
                                   LimitAsks* asks) const;
  std::optional<Refusal> Settle(bool allowed, Reason reason, std::string_view stage, Call& call,
                                const LimitAsks& asks) const;
  // Judges those in `here`, and asks the store for those in `shared`.
  std::optional<Refusal> JudgeBoth(Call& call, LimitAsks& here, const LimitAsks& shared);
  std::optional<Refusal> Conclude(PendingLimits& pending, Call& call);
  std::optional<Refusal> ConcludeOutage(PendingLimits& pending, Call& call);
  void GiveBack(const LimitAsks& asks, const Call& call) const;
  void Show(const LimitAsks& asks, bool allowed, Call& call) const;

  const Options options_;
  std::shared_ptr<SharedLimitStore> store_, service_;
  std::atomic<uint64_t> fallbacks_{0}, outage_refusals_{0};
};

// The trailers of `call.shown_limit`: `ratelimit-limit`, `-remaining` and `-reset`
// (draft-ietf-httpapi-ratelimit-headers-03), and `retry-after` (RFC 9110) where `refusal` knows
// when. Empty where nothing is to be shown.
std::vector<std::pair<std::string, std::string>> LimitTrailersOf(const Call& call,
                                                                 const Refusal* refusal);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_
