// What a limit keeps of one key, for all algorithms. Internal to interceptors/limits.
#ifndef WARDEN_INTERCEPTORS_LIMITS_LIMIT_STATE_H_
#define WARDEN_INTERCEPTORS_LIMITS_LIMIT_STATE_H_

#include <cstdint>

#include "interceptors/limits/gcra.h"
#include "interceptors/limits/limit_spec.h"
#include "interceptors/limits/window.h"

namespace warden {

struct LimitState {
  int64_t idle_ns = 0;  // from when on the key is as one never seen
  uint32_t first = 0;   // token bucket: the fraction of idle_ns; windows: the current count
  uint32_t second = 0;  // sliding window: the count before

  static LimitState New(int64_t now_ns) { return {now_ns, 0, 0}; }
  // Never wrongly true; for windows up to a nanosecond late.
  bool IdleAt(int64_t now_ns) const { return ArrivalTime{idle_ns, first}.FullAt(now_ns); }
};

// Whose numbers judge a state: a limit can get others while it is in use.
enum class Numbers : uint8_t {
  kOnly,    // there have never been others
  kNewest,  // the state may be of older ones
  kOlder,   // the state may be of newer ones, which must find it as they left it
};

// Brings a bucket that may be of other numbers under these; windows see for themselves.
inline void AdoptState(const LimitSpec& spec, Numbers numbers, int64_t now_ns, bool owes,
                       LimitState* state) {
  if (numbers == Numbers::kOnly || spec.algorithm != LimitSpec::Algorithm::kTokenBucket) return;
  ArrivalTime tat = {state->idle_ns, state->first};
  tat = numbers == Numbers::kNewest ? GcraAdopt(spec, now_ns, owes, tat) : GcraRead(spec, tat);
  *state = {tat.ns, tat.fraction, 0};
}

// REQUIRES: AdoptState has been at the state.
inline GcraDecision JudgeState(const LimitSpec& spec, Numbers numbers, int64_t now_ns,
                               int64_t epoch_ns, uint32_t cost, TakeMode mode, LimitState* state) {
  if (spec.algorithm == LimitSpec::Algorithm::kTokenBucket) {
    ArrivalTime tat = {state->idle_ns, state->first};
    const GcraDecision decision = GcraTake(spec, now_ns, &tat, cost, mode);
    *state = {tat.ns, tat.fraction, 0};
    return decision;
  }
  WindowCounts counts = {state->idle_ns, state->first, state->second};
  const auto take = numbers == Numbers::kOlder ? WindowTakeLate : WindowTake;
  const GcraDecision decision = take(spec, now_ns, epoch_ns, &counts, cost, mode);
  *state = {counts.idle_ns, counts.current, counts.before};
  return decision;
}

inline void RefundState(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns, uint32_t cost,
                        LimitState* state) {
  if (spec.algorithm == LimitSpec::Algorithm::kTokenBucket) {
    ArrivalTime tat = {state->idle_ns, state->first};
    GcraRefund(spec, cost, &tat);
    *state = {tat.ns, tat.fraction, 0};
    return;
  }
  WindowCounts counts = {state->idle_ns, state->first, state->second};
  WindowRefund(spec, now_ns, epoch_ns, cost, &counts);
  *state = {counts.idle_ns, counts.current, counts.before};
}

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMITS_LIMIT_STATE_H_
