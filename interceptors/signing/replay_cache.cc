#include "interceptors/signing/replay_cache.h"

#include <algorithm>

#include "interceptors/signing/nonce_name.h"

namespace warden {

ReplayCache::ReplayCache(size_t max_entries, absl::Duration max_skew, absl::Time started)
    : hash_key_(SipKey::Random()),
      max_entries_(std::max<size_t>(max_entries, 1)),
      max_skew_(max_skew),
      floor_(started) {}

// The two tables change places each 2 * max_skew, so that a nonce is there for that long at least.
void ReplayCache::Rotate(absl::Time now, int64_t monotonic_ns) {
  const int64_t period = absl::ToInt64Nanoseconds(2 * max_skew_) + 1;
  if (!rotated_) {
    rotated_ = true;
    rotate_at_ns_ = monotonic_ns + period;
  }
  if (monotonic_ns < rotate_at_ns_) return;
  // What goes now came 2 * max_skew ago or earlier, so it was made before now - max_skew.
  if (!previous_.empty()) floor_ = std::max(floor_, now - max_skew_);
  previous_ = std::move(current_);
  current_ = Table();
  if (monotonic_ns - rotate_at_ns_ >= period) {  // nobody came for two periods
    if (!previous_.empty()) floor_ = std::max(floor_, now - max_skew_);
    previous_ = Table();
  }
  rotate_at_ns_ = monotonic_ns + period;
}

ReplayVerdict ReplayCache::Use(std::string_view key_id, std::string_view nonce, absl::Time created,
                               absl::Time now, int64_t monotonic_ns) {
  const Hash128 hash = SipHash128(hash_key_, 0, NonceName(key_id, nonce));
  MutexLock lock(&mutex_);
  Rotate(now, monotonic_ns);
  if (current_.contains(hash) || previous_.contains(hash)) return ReplayVerdict::kReplayed;
  if (created < floor_) return ReplayVerdict::kTooOld;
  if (current_.size() >= max_entries_) return ReplayVerdict::kFull;
  current_.insert(hash);
  return ReplayVerdict::kFresh;
}

size_t ReplayCache::entries() const {
  MutexLock lock(&mutex_);
  return current_.size() + previous_.size();
}

}  // namespace warden
