#include "interceptors/revocation/shared_list.h"

#include <vector>

#include "interceptors/revocation/operator_log.h"

namespace warden {

SharedList::SharedList(SharedListOptions options, Revocations* list)
    : list_(list),
      reader_(options.redis, options.key_prefix, options.max_entries),
      writer_(options.redis, options.key_prefix, options.max_entries),
      loop_({.poll_interval = options.poll_interval,
             .failing = "revocation: cannot read the shared list",
             .recovered = "revocation: the shared list is up to date again"}) {}

void SharedList::Start() {
  loop_.Start([this] { return Sync(); });
}

absl::Status SharedList::Sync() {
  const auto other_list = [this] {
    rollbacks_.fetch_add(1, std::memory_order_relaxed);
    LogForOperator(
        "revocation: the shared list is another one or an older one than before; what it has "
        "lost stays revoked on this server until it expires or is lifted");
  };
  return CatchUp(reader_, &seen_, other_list, [this](const std::vector<RevocationChange>& changes) {
    return list_->Apply(RevocationSource::kShared, changes);
  });
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
