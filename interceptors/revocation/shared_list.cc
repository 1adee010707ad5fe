#include "interceptors/revocation/shared_list.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/revocation/operator_log.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

constexpr absl::Duration kMostBetweenTries = absl::Seconds(2);

}  // namespace

SharedList::SharedList(SharedListOptions options, Revocations* list)
    : options_(std::move(options)),
      list_(list),
      last_sync_ns_(std::numeric_limits<int64_t>::min()),
      reader_(options_.redis, options_.key_prefix, options_.max_entries),
      jitter_(std::random_device{}()),
      writer_(options_.redis, options_.key_prefix, options_.max_entries) {}

SharedList::~SharedList() = default;

void SharedList::Start() {
  const absl::Duration first = SyncOnce();
  thread_ = std::make_unique<Background>(first, [this] { return SyncOnce(); });
}

// How long to wait before the next time.
absl::Duration SharedList::SyncOnce() {
  const int64_t begun = SteadyNanos();  // what changes while the list is read may be missed
  const absl::Status status = Sync();
  if (status.ok()) {
    if (failures_in_row_ > 0) LogForOperator("revocation: the shared list is up to date again");
    failures_in_row_ = 0;
    last_sync_ns_.store(begun, std::memory_order_release);
    return options_.poll_interval;
  }
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (failures_in_row_ == 0) {
    LogForOperator(absl::StrCat("revocation: cannot read the shared list: ", status.message()));
  }
  const absl::Duration wait =
      std::min(kMostBetweenTries, options_.poll_interval * (1 << std::min(failures_in_row_, 6)));
  failures_in_row_ = std::min(failures_in_row_ + 1, 1000);
  // Servers that lost the same Redis do not come back all at once.
  return wait * std::uniform_real_distribution<double>(0.5, 1.0)(jitter_);
}

absl::Status SharedList::Sync() {
  const absl::StatusOr<SharedListState> state = reader_.ReadState();
  if (!state.ok()) return state.status();
  if (state->epoch != seen_.epoch || state->version < seen_.version) {
    if (!seen_.epoch.empty()) {
      rollbacks_.fetch_add(1, std::memory_order_relaxed);
      LogForOperator(
          "revocation: the shared list is another one or an older one than before; what it has "
          "lost stays revoked on this server until it expires or is lifted");
    }
    seen_ = {state->epoch, 0};
  }
  while (seen_.version < state->version) {
    absl::StatusOr<SharedListPage> page = reader_.ReadChanges(seen_.version);
    if (!page.ok()) return page.status();
    if (absl::Status status = list_->Apply(RevocationSource::kShared, page->changes);
        !status.ok()) {
      return status;
    }
    // The last page reaches at least as far as the state that was read before it.
    seen_.version = page->more ? page->last : std::max(page->last, state->version);
  }
  return absl::OkStatus();
}

absl::StatusOr<Revocation> SharedList::Revoke(const Revocation& revocation, absl::Time) {
  absl::StatusOr<RevocationChange> change;
  {
    MutexLock lock(&write_mutex_);
    change = writer_.Revoke(revocation);
  }
  if (!change.ok()) return change.status();
  // In effect here at once, not only when the thread reads it.
  if (absl::Status status = list_->Apply(RevocationSource::kShared, {*change}); !status.ok()) {
    return status;
  }
  return change->revocation;
}

absl::Status SharedList::Lift(const RevocationKey& key, absl::Time) {
  const bool known = list_->Find(RevocationSource::kShared, key).has_value();
  bool found = false;
  absl::StatusOr<RevocationChange> change;
  {
    MutexLock lock(&write_mutex_);
    change = writer_.Lift(key, &found);
  }
  if (!change.ok()) return change.status();
  if (absl::Status status = list_->Apply(RevocationSource::kShared, {*change}); !status.ok()) {
    return status;
  }
  return found || known ? absl::OkStatus() : absl::NotFoundError("no such revocation");
}

}  // namespace warden
