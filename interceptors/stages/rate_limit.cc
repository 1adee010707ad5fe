#include "interceptors/stages/rate_limit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "interceptors/guarded_method.h"

namespace warden {

std::optional<Refusal> RateLimitStage::Run(Call& call) {
  const GuardedMethod& method = *call.method;
  if (method.concurrency != nullptr && !call.in_flight.held()) {
    std::optional<Refusal> refusal = Enter(call);
    if (refusal.has_value()) return refusal;
  }
  if (method.limits.empty()) return std::nullopt;
  std::optional<Refusal> refusal = limits_->BeforeBody(call);
  if (refusal.has_value()) call.in_flight.Release();
  return refusal;
}

std::optional<Refusal> RateLimitStage::Enter(Call& call) {
  using Result = ConcurrencyLimiter::Result;
  ConcurrencyLimiter& limiter = *call.method->concurrency;
  const ConcurrencyLimiter::Limits& limits = limiter.limits();
  KeyBuffer key;
  if (limits.max_calls_each != 0) AppendKey(limits.keys, MethodInKey::kNothing, call, &key);
  const Result result = limiter.Enter(key.view(), &call.in_flight);
  if (result == Result::kEntered) return std::nullopt;
  const bool of_key = result == Result::kKey;
  return limits_->Refuse(
      {.reason = Reason::kConcurrencyLimited,
       .detail = absl::StrCat("more than ", of_key ? limits.max_calls_each : limits.max_calls,
                              " calls in flight"),
       .quota = of_key ? limits.label : "method"},
      name(), call);
}

}  // namespace warden
