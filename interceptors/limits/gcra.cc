#include "interceptors/limits/gcra.h"

#include <limits>

namespace warden {
namespace {

// Times are compared in units of 1/requests of a nanosecond, in which the interval per/requests is
// `per` and everything is whole. 2^32 requests and 366 days (2^55 ns) need 87 bits.
__extension__ typedef unsigned __int128 Units;

constexpr uint64_t kMaxFillNs = uint64_t{kMaxFillDays} * 24 * 3600 * 1'000'000'000;

uint64_t Divide(Units dividend, uint64_t divisor) {
  constexpr Units kMax64 = std::numeric_limits<uint64_t>::max();
  if (dividend <= kMax64) return static_cast<uint64_t>(dividend) / divisor;  // much the faster
  return static_cast<uint64_t>(dividend / divisor);
}

}  // namespace

bool IsValid(const LimitSpec& spec) {
  if (spec.requests < 1 || spec.burst < 1 || spec.per < kMinPer || spec.per > kMaxPer) return false;
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  return static_cast<Units>(spec.burst) * per <= static_cast<Units>(kMaxFillNs) * spec.requests;
}

GcraDecision GcraTake(const LimitSpec& spec, int64_t now_ns, ArrivalTime* tat) {
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  ArrivalTime from = tat->FullAt(now_ns) ? ArrivalTime{now_ns, 0} : *tat;
  // How far the bucket is from full, and how far it may be for one more token to be in it.
  const Units debt =
      static_cast<Units>(static_cast<uint64_t>(from.ns - now_ns)) * spec.requests + from.fraction;
  const Units tolerance = static_cast<Units>(spec.burst - 1) * per;
  if (debt > tolerance) {
    const Units missing = debt - tolerance;
    const uint64_t wait = Divide(missing + (spec.requests - 1), spec.requests);  // rounded up
    return {false, static_cast<int64_t>(wait), 0};
  }
  const uint64_t fraction = from.fraction + per % spec.requests;
  const uint64_t carry = fraction >= spec.requests ? 1 : 0;
  tat->ns = from.ns + static_cast<int64_t>(per / spec.requests + carry);
  tat->fraction = static_cast<uint32_t>(fraction - carry * spec.requests);
  return {true, 0, static_cast<uint32_t>(Divide(tolerance - debt, per))};
}

}  // namespace warden
