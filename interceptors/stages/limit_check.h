// Asks the limits of a call, and makes a refusal of what they say.
#ifndef WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_
#define WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "interceptors/call.h"
#include "interceptors/guard_limits.h"
#include "interceptors/limit_counters.h"
#include "interceptors/limits/rate_limiter.h"
#include "interceptors/refusal.h"
#include "interceptors/stages/limit_key.h"

namespace warden {

class Metrics;

// Thread-safe.
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

  // The limits that are held before anybody is known, all of them, or nothing is charged.
  std::optional<Refusal> OfConnection(const std::vector<Limit>& limits, Call& call);
  // Those of the method. What costs by the body is only looked at: whether anything is left.
  std::optional<Refusal> BeforeBody(Call& call);
  // What costs by the body, once it is there.
  std::optional<Refusal> OfBody(Call& call, const google::protobuf::Message& request);

  // Refuses, or notes it where limits are only watched.
  std::optional<Refusal> Refuse(Refusal refusal, std::string_view stage, Call& call) const;
  std::optional<Refusal> RefuseRate(Refusal refusal, std::string_view key, std::string_view stage,
                                    Call& call) const;

 private:
  struct Asks {
    size_t count = 0;
    std::array<const Limit*, kMaxLimits> limits{};
    std::array<RateLimiter::Ask, kMaxLimits> asks;
    std::array<RateLimiter::Decision, kMaxLimits> decisions;
  };
  void Add(const Limit& limit, MethodInKey method, uint32_t cost, TakeMode mode, Call& call,
           Asks* asks) const;
  std::optional<Refusal> Judge(Reason reason, std::string_view stage, Call& call, Asks* asks) const;
  void Show(const Asks& asks, bool allowed, Call& call) const;

  const Options options_;
};

// The trailers of `call.shown_limit`: `ratelimit-limit`, `-remaining` and `-reset`
// (draft-ietf-httpapi-ratelimit-headers-03), and `retry-after` (RFC 9110) where `refusal` knows
// when. Empty where nothing is to be shown.
std::vector<std::pair<std::string, std::string>> LimitTrailersOf(const Call& call,
                                                                 const Refusal* refusal);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGES_LIMIT_CHECK_H_
