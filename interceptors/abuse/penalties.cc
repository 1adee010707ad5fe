#include "interceptors/abuse/penalties.h"

#include <algorithm>
#include <cmath>

namespace warden {
namespace {

FailureTableOptions TableOptions(const PenaltyOptions& options) {
  return {.max_entries = options.delay_after == 0 ? 1 : options.max_entries,
          .half_life_ns = absl::ToInt64Nanoseconds(options.window),
          .protect = static_cast<double>(std::max(options.delay_after, 1U)),
          .block_at = static_cast<double>(options.block_after),
          .first_block_ns = absl::ToInt64Nanoseconds(options.first_block),
          .max_block_ns = absl::ToInt64Nanoseconds(options.max_block)};
}

}  // namespace

Penalties::Penalties(const PenaltyOptions& options)
    : options_(options), table_(TableOptions(options)) {}

// 0 where nobody has to wait for so few.
int64_t Penalties::DelayAfter(double failures) const {
  // Half a failure may have been forgotten between the first and the last.
  const double over = std::round(failures) - options_.delay_after;
  if (over < 0) return 0;
  const double wanted =
      absl::ToDoubleSeconds(options_.first_delay) * std::exp2(std::min(over, 60.0));
  return absl::ToInt64Nanoseconds(std::min(absl::Seconds(wanted), options_.max_delay));
}

std::optional<absl::Duration> Penalties::Fail(BlockKind kind, std::string_view value,
                                              int64_t now_ns) {
  return Add(kind, value, 1, now_ns);
}

std::optional<absl::Duration> Penalties::FailWholly(BlockKind kind, std::string_view value,
                                                    int64_t now_ns) {
  return Add(kind, value, std::max({options_.delay_after, options_.block_after, 1U}), now_ns);
}

std::optional<absl::Duration> Penalties::Add(BlockKind kind, std::string_view value, double amount,
                                             int64_t now_ns) {
  if (!enabled()) return std::nullopt;
  const FailureScore score = table_.Fail(static_cast<uint64_t>(kind), value, amount, now_ns);
  if (score.block_ns > 0) return absl::Nanoseconds(score.block_ns);
  const int64_t delay_ns = DelayAfter(score.failures);
  if (delay_ns == 0) return std::nullopt;
  std::atomic<int64_t>& waits_until_ns = waits_until_ns_[static_cast<size_t>(kind)];
  int64_t until_ns = waits_until_ns.load(std::memory_order_relaxed);
  while (until_ns < now_ns + delay_ns &&
         !waits_until_ns.compare_exchange_weak(until_ns, now_ns + delay_ns)) {
  }
  return std::nullopt;
}

absl::Duration Penalties::DelayOf(BlockKind kind, std::string_view value, int64_t now_ns) const {
  if (!any_waits(kind, now_ns)) return absl::ZeroDuration();
  const FailureScore score = table_.Find(static_cast<uint64_t>(kind), value, now_ns);
  if (score.last_failure_ns == 0) return absl::ZeroDuration();
  const int64_t left_ns = score.last_failure_ns + DelayAfter(score.failures) - now_ns;
  return absl::Nanoseconds(std::max<int64_t>(left_ns, 0));
}

void Penalties::Forget(BlockKind kind, std::string_view value) {
  table_.Forget(static_cast<uint64_t>(kind), value);
}

}  // namespace warden
