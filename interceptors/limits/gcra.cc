#include "interceptors/limits/gcra.h"

#include <algorithm>
#include <limits>

namespace warden {
namespace {

// Times are compared in units of 1/requests of a nanosecond, in which the interval per/requests is
// `per` and everything is whole. 2^32 requests and twice 366 days (2^56 ns) need 88 bits.
__extension__ typedef unsigned __int128 Units;

constexpr uint64_t kMaxFillNs = uint64_t{kMaxFillDays} * 24 * 3600 * 1'000'000'000;

uint64_t Divide(Units dividend, uint64_t divisor) {
  constexpr Units kMax64 = std::numeric_limits<uint64_t>::max();
  if (dividend <= kMax64) return static_cast<uint64_t>(dividend) / divisor;  // much the faster
  return static_cast<uint64_t>(dividend / divisor);
}

// How far `at` lies after `now_ns`.
Units UnitsAfter(const ArrivalTime& at, int64_t now_ns, uint32_t requests) {
  return static_cast<Units>(static_cast<uint64_t>(at.ns - now_ns)) * requests + at.fraction;
}

ArrivalTime Later(const ArrivalTime& from, Units units, uint32_t requests) {
  const uint64_t ns = Divide(units, requests);
  const uint64_t fraction = from.fraction + static_cast<uint64_t>(units - Units{ns} * requests);
  const uint64_t carry = fraction >= requests ? 1 : 0;
  return {from.ns + static_cast<int64_t>(ns + carry),
          static_cast<uint32_t>(fraction - carry * requests)};
}

}  // namespace

bool IsValid(const LimitSpec& spec) {
  if (spec.requests < 1 || spec.burst < 1 || spec.per < kMinPer || spec.per > kMaxPer) return false;
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  return static_cast<Units>(spec.burst) * per <= static_cast<Units>(kMaxFillNs) * spec.requests;
}

GcraDecision GcraTake(const LimitSpec& spec, int64_t now_ns, ArrivalTime* tat, uint32_t cost,
                      TakeMode mode) {
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  const ArrivalTime from = tat->FullAt(now_ns) ? ArrivalTime{now_ns, 0} : *tat;
  // How far the bucket is from full, and how far it may be.
  const Units debt = UnitsAfter(from, now_ns, spec.requests);
  const Units size = static_cast<Units>(spec.burst) * per;
  const Units price = static_cast<Units>(cost) * per;
  GcraDecision decision;
  decision.allowed = debt + price <= size;
  Units owed = debt;
  if (decision.allowed ? mode != TakeMode::kPeek : mode == TakeMode::kCharge) {
    // Only a charge can come to the bound.
    owed = debt + price <= 2 * size ? debt + price : std::max(debt, 2 * size);
    *tat = Later(from, owed - debt, spec.requests);
  }
  if (!decision.allowed) {
    const Units missing = price > size ? 0 : debt + price - size;
    decision.wait_ns =
        price > size ? kNever
                     : static_cast<int64_t>(Divide(missing + (spec.requests - 1), spec.requests));
  }
  decision.remaining = owed >= size ? 0 : static_cast<uint32_t>(Divide(size - owed, per));
  decision.reset_ns =
      tat->FullAt(now_ns) ? 0 : tat->ns - now_ns + static_cast<int64_t>(tat->fraction != 0);
  return decision;
}

void GcraRefund(const LimitSpec& spec, uint32_t cost, ArrivalTime* tat) {
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  const Units units = static_cast<Units>(cost) * per;
  const uint64_t ns = Divide(units, spec.requests);
  const auto fraction = static_cast<uint32_t>(units - Units{ns} * spec.requests);
  *tat = GcraRead(spec, *tat);
  const bool borrow = tat->fraction < fraction;
  tat->ns -= static_cast<int64_t>(ns + (borrow ? 1 : 0));
  tat->fraction = borrow ? tat->fraction + (spec.requests - fraction) : tat->fraction - fraction;
}

ArrivalTime GcraRead(const LimitSpec& spec, const ArrivalTime& tat) {
  return tat.fraction < spec.requests ? tat : ArrivalTime{tat.ns + 1, 0};
}

ArrivalTime GcraAdopt(const LimitSpec& spec, int64_t now_ns, bool owes, const ArrivalTime& tat) {
  const ArrivalTime read = GcraRead(spec, tat);
  if (read.FullAt(now_ns)) return read;
  const auto per = static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per));
  const Units size = static_cast<Units>(spec.burst) * per;
  const Units most = owes ? 2 * size : size;
  if (UnitsAfter(read, now_ns, spec.requests) <= most) return read;
  return Later({now_ns, 0}, size, spec.requests);
}

}  // namespace warden
