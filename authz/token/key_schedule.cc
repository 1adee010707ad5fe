#include "authz/token/key_schedule.h"

#include <algorithm>

namespace warden {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr int kMostDoublings = 20;
constexpr double kSpread = 0.1;

}  // namespace

void KeySchedule::Began(absl::Time now) { began_ = now; }

void KeySchedule::Succeeded(absl::Time now, std::optional<absl::Duration> freshness,
                            double random) {
  const absl::Duration asked =
      std::max(options_.min_interval,
               std::min(freshness.value_or(options_.max_interval), options_.max_interval));
  // From a tenth before on; at the lower bound, which is kept, up to a tenth after.
  const absl::Duration earliest = std::max(options_.min_interval, asked * (1 - kSpread));
  const absl::Duration latest =
      std::max(earliest, std::min(options_.max_interval, earliest / (1 - kSpread)));
  failures_ = 0;
  fetched_ = began_;
  end_ = fetched_ + options_.max_age;
  due_ = now + earliest + (latest - earliest) * random;
}

void KeySchedule::Failed(absl::Time now, double random) {
  const absl::Duration doubled = kFirstRetry * (int64_t{1} << std::min(failures_, kMostDoublings));
  ++failures_;
  due_ = now + std::min(doubled, options_.min_interval) * (1 + kSpread * random);
}

void KeySchedule::OnUnknownKey() { due_ = std::min(due_, began_ + options_.unknown_key_cooldown); }

std::optional<absl::Duration> KeySchedule::Age(absl::Time now) const {
  if (fetched_ == absl::InfinitePast()) return std::nullopt;
  return std::max(absl::ZeroDuration(), now - fetched_);
}

}  // namespace warden
