#include "interceptors/limits/window.h"

#include <algorithm>
#include <limits>

namespace warden {
namespace {

// A count of up to 2^33 times a time of up to 2^52 ns.
__extension__ typedef unsigned __int128 Product;

// Windows of the spec, and where `now` is in its own.
struct Clock {
  uint64_t per;
  uint64_t elapsed;  // since the window began
  int64_t start;

  Clock(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns)
      : per(static_cast<uint64_t>(absl::ToInt64Nanoseconds(spec.per))),
        elapsed(static_cast<uint64_t>(now_ns + epoch_ns) % per),
        start(now_ns - static_cast<int64_t>(elapsed)) {}
};

bool Slides(const LimitSpec& spec) {
  return spec.algorithm == LimitSpec::Algorithm::kSlidingWindow;
}

// The counts as they stand in the window of `clock`. Those of a later one, which a thread with an
// older time may find, never come here: time does not go back in a shard.
WindowCounts Turn(const LimitSpec& spec, const Clock& clock, const WindowCounts& counts) {
  const auto per = static_cast<int64_t>(clock.per);
  const int64_t span = Slides(spec) ? 2 * per : per;
  const int64_t idle = clock.start + span;
  if (counts.idle_ns == idle) return counts;
  if (Slides(spec) && counts.idle_ns == idle - per) return {idle, 0, counts.current};
  return {idle, 0, 0};
}

uint32_t Charged(const LimitSpec& spec, uint32_t count, uint32_t cost) {
  const uint64_t most =
      std::min<uint64_t>(uint64_t{spec.requests} * 2, std::numeric_limits<uint32_t>::max());
  return static_cast<uint32_t>(std::max<uint64_t>(count, std::min(uint64_t{count} + cost, most)));
}

// For the time until a sliding window has room: the least e at which before * (per - e) <= room.
uint64_t Until(uint64_t before, Product room, uint64_t per) {
  if (before == 0) return 0;
  const Product kept = room / before;
  return kept >= per ? 0 : per - static_cast<uint64_t>(kept);
}

int64_t WaitFor(const LimitSpec& spec, const Clock& clock, const WindowCounts& counts,
                uint32_t cost) {
  if (cost > spec.requests) return kNever;
  const auto left = static_cast<int64_t>(clock.per - clock.elapsed);
  const uint64_t wanted = uint64_t{counts.current} + cost;
  if (!Slides(spec)) return left;
  if (wanted <= spec.requests) {
    const Product room = Product{spec.requests - wanted} * clock.per;
    return static_cast<int64_t>(Until(counts.before, room, clock.per) - clock.elapsed);
  }
  const Product room = Product{spec.requests - cost} * clock.per;
  return left + static_cast<int64_t>(Until(counts.current, room, clock.per));
}

}  // namespace

GcraDecision WindowTake(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns,
                        WindowCounts* counts, uint32_t cost, TakeMode mode) {
  const Clock clock(spec, now_ns, epoch_ns);
  WindowCounts now = Turn(spec, clock, *counts);
  // Counts are compared times `per`, so that nothing is rounded.
  const Product weighed = Product{now.before} * (clock.per - clock.elapsed);
  const Product room = Product{spec.requests} * clock.per;
  const auto used = [&] { return weighed + Product{now.current} * clock.per; };
  GcraDecision decision;
  decision.allowed = used() + Product{cost} * clock.per <= room;
  if (!decision.allowed) decision.wait_ns = WaitFor(spec, clock, now, cost);
  if (decision.allowed ? mode != TakeMode::kPeek : mode == TakeMode::kCharge) {
    now.current = Charged(spec, now.current, cost);
    *counts = now;
  }
  decision.remaining = used() >= room ? 0 : static_cast<uint32_t>((room - used()) / clock.per);
  decision.reset_ns = static_cast<int64_t>(clock.per - clock.elapsed);
  if (now.current == 0 && now.before == 0) decision.reset_ns = 0;
  return decision;
}

void WindowRefund(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns, uint32_t cost,
                  WindowCounts* counts) {
  WindowCounts now = Turn(spec, Clock(spec, now_ns, epoch_ns), *counts);
  if (now.current == 0 && now.before == 0) return;
  // It was taken in this window, or else in the one before.
  const uint32_t here = std::min(now.current, cost);
  now.current -= here;
  now.before -= std::min(now.before, cost - here);
  *counts = now;
}

GcraDecision WindowTakeLate(const LimitSpec& spec, int64_t now_ns, int64_t epoch_ns,
                            WindowCounts* counts, uint32_t cost, TakeMode mode) {
  const WindowCounts turned = Turn(spec, Clock(spec, now_ns, epoch_ns), *counts);
  const bool own = turned.current != 0 || turned.before != 0;
  if (own || counts->idle_ns <= now_ns) {
    return WindowTake(spec, now_ns, epoch_ns, counts, cost, mode);
  }
  GcraDecision decision;
  decision.allowed = uint64_t{counts->current} + cost <= spec.requests;
  decision.reset_ns = counts->idle_ns - now_ns;
  if (!decision.allowed) decision.wait_ns = cost > spec.requests ? kNever : decision.reset_ns;
  if (decision.allowed ? mode != TakeMode::kPeek : mode == TakeMode::kCharge) {
    counts->current = Charged(spec, counts->current, cost);
  }
  decision.remaining = spec.requests - std::min(spec.requests, counts->current);
  return decision;
}

}  // namespace warden
