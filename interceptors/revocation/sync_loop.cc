#include "interceptors/revocation/sync_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

constexpr absl::Duration kMostBetweenTries = absl::Seconds(2);

}  // namespace

SyncLoop::SyncLoop(SyncLoopOptions options)
    : options_(std::move(options)), jitter_(std::random_device{}()) {}

void SyncLoop::Start(std::function<absl::Status()> sync) {
  sync_ = std::move(sync);
  const absl::Duration first = SyncOnce();
  thread_ = std::make_unique<Background>(first, [this] { return SyncOnce(); });
}

// How long to wait before the next time.
absl::Duration SyncLoop::SyncOnce() {
  const int64_t begun = SteadyNanos();  // what changes while the list is read may be missed
  const absl::Status status = sync_();
  if (status.ok()) {
    if (failures_in_row_ > 0) LogForOperator(options_.recovered);
    failures_in_row_ = 0;
    last_sync_ns_.store(begun, std::memory_order_release);
    return options_.poll_interval;
  }
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (failures_in_row_ == 0) {
    LogForOperator(absl::StrCat(options_.failing, ": ", status.message()));
  }
  const absl::Duration wait =
      std::min(kMostBetweenTries, options_.poll_interval * (1 << std::min(failures_in_row_, 6)));
  failures_in_row_ = std::min(failures_in_row_ + 1, 1000);
  // Servers that lost the same Redis do not come back all at once.
  return wait * std::uniform_real_distribution<double>(0.5, 1.0)(jitter_);
}

}  // namespace warden
