// When an issuer's keys are fetched again, and how long they are used.
#ifndef WARDEN_AUTHZ_TOKEN_KEY_SCHEDULE_H_
#define WARDEN_AUTHZ_TOKEN_KEY_SCHEDULE_H_

#include <optional>

#include "absl/time/time.h"

namespace warden {

// The meaning of warden.v1.KeyRefreshConfig.
struct KeyScheduleOptions {
  absl::Duration min_interval = absl::Minutes(5);
  absl::Duration max_interval = absl::Hours(1);
  absl::Duration unknown_key_cooldown = absl::Seconds(30);
  absl::Duration max_age = absl::Hours(24);
};

// Decides and does nothing by itself. `now` is the time of a clock that nobody sets, of any origin;
// a `now` before an earlier one does no harm. `random` is from 0 to 1 and spreads the fetches of
// many servers. A value; not thread-safe.
class KeySchedule {
 public:
  // The first fetch is due at once.
  explicit KeySchedule(const KeyScheduleOptions& options) : options_(options) {}

  // A fetch begins.
  void Began(absl::Time now);
  // It brought a set that can be used, or said that the one of before is still right. The next one
  // is due when `freshness` is over, within the interval's bounds and up to a tenth earlier.
  void Succeeded(absl::Time now, std::optional<absl::Duration> freshness, double random);
  // It brought nothing of use. The next one is due after 1 s, 2 s, 4 s, ... up to min_interval, and
  // up to a tenth later.
  void Failed(absl::Time now, double random);
  // Somebody brought a token with a key that is not known. Has an effect once until the next fetch:
  // that one is due one cooldown after the last one began, if not earlier.
  void OnUnknownKey();

  absl::Time due() const { return due_; }
  // Whether the keys are too old to be used: the last fetch with success began max_age ago or more.
  // False where there never was one.
  bool TooOld(absl::Time now) const { return now >= end_; }
  absl::Time end() const { return end_; }

  // Since the fetch that the keys are of began; nothing where there never was one.
  std::optional<absl::Duration> Age(absl::Time now) const;
  int failures() const { return failures_; }  // in a row

 private:
  KeyScheduleOptions options_;
  absl::Time began_ = absl::InfinitePast();
  absl::Time fetched_ = absl::InfinitePast();  // when the last successful one began
  absl::Time due_ = absl::InfinitePast();
  absl::Time end_ = absl::InfiniteFuture();
  int failures_ = 0;
};

}  // namespace warden

#endif  // WARDEN_AUTHZ_TOKEN_KEY_SCHEDULE_H_
