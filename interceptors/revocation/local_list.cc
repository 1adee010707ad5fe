#include "interceptors/revocation/local_list.h"

#include <utility>

namespace warden {

LocalList::LocalList(std::string path, Revocations* list) : path_(std::move(path)), list_(list) {}

absl::Status LocalList::Load(absl::Time now) {
  if (path_.empty()) return absl::OkStatus();
  MutexLock lock(&mutex_);
  return Reload(now);
}

absl::Status LocalList::Reload(absl::Time now) {
  // Before the file is read: what is written in between shows as another change.
  seen_ = SignatureOf(path_);
  settled_ = Settled(seen_, now);
  absl::StatusOr<RevocationList> read = ReadRevocationFile(path_, list_->max_entries(), now);
  if (!read.ok()) return read.status();
  return list_->Replace(RevocationSource::kLocal, *std::move(read));
}

// A file may change twice within its clock's resolution: one that was young when it was read is
// read once more.
void LocalList::Poll(absl::Time now, const std::function<void(const absl::Status&)>& report) {
  if (path_.empty()) return;
  MutexLock lock(&mutex_);
  const FileSignature signature = SignatureOf(path_);
  const bool changed = signature != seen_;
  if (!changed && (settled_ || !Settled(signature, now))) return;
  const absl::Status status = Reload(now);
  std::string wrong(status.message());
  if (!changed && wrong == wrong_) return;
  wrong_ = std::move(wrong);
  report(status);
}

absl::Status LocalList::Update(absl::Time now,
                               const std::function<absl::Status(RevocationList*)>& change) {
  MutexLock lock(&mutex_);
  absl::StatusOr<RevocationList> updated =
      UpdateRevocationFile(path_, list_->max_entries(), now, change);
  if (!updated.ok()) return updated.status();
  return list_->Replace(RevocationSource::kLocal, *std::move(updated));
}

absl::StatusOr<Revocation> LocalList::Revoke(const Revocation& revocation, absl::Time now) {
  absl::Status status;
  if (path_.empty()) {
    status = list_->Apply(RevocationSource::kLocal, {{revocation}});
  } else {
    status = Update(
        now, [&](RevocationList* all) { return AddTo(all, revocation, list_->max_entries()); });
  }
  if (!status.ok()) return status;
  return list_->Find(RevocationSource::kLocal, revocation.key).value_or(revocation);
}

absl::Status LocalList::Lift(const RevocationKey& key, absl::Time now) {
  if (!path_.empty()) {
    return Update(now, [&](RevocationList* all) { return RemoveFrom(all, key); });
  }
  if (!list_->Find(RevocationSource::kLocal, key).has_value()) {
    return absl::NotFoundError("no such revocation");
  }
  return list_->Apply(RevocationSource::kLocal, {{{.key = key}, true}});
}

}  // namespace warden
