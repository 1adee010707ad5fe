// This server's own list of revocations: a file, or memory alone.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_LOCAL_LIST_H_
#define WARDEN_INTERCEPTORS_REVOCATION_LOCAL_LIST_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "authz/revocation/revocations.h"
#include "authz/sync/mutex.h"
#include "interceptors/revocation/revocation_file.h"
#include "interceptors/revocation/revocation_store.h"

namespace warden {

// Thread-safe. A file that becomes wrong or goes away is reported, and the last good list stays.
class LocalList final : public RevocationStore {
 public:
  // `path` of "": memory alone. `list` must outlive it.
  LocalList(std::string path, Revocations* list);

  // Reads the file for the first time.
  absl::Status Load(absl::Time now);
  // Reads the file if it has changed, and calls `report` with what came of it. For one thread.
  void Poll(absl::Time now, const std::function<void(const absl::Status&)>& report);

  absl::StatusOr<Revocation> Revoke(const Revocation& revocation, absl::Time now) override;
  absl::Status Lift(const RevocationKey& key, absl::Time now) override;

 private:
  absl::Status Reload(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Update(absl::Time now, const std::function<absl::Status(RevocationList*)>& change);

  const std::string path_;
  Revocations* const list_;
  Mutex mutex_;  // keeps a list that was just written from being replaced by an older one
  FileSignature seen_ ABSL_GUARDED_BY(mutex_);
  bool settled_ ABSL_GUARDED_BY(mutex_) = false;  // when it was read
  std::string wrong_ ABSL_GUARDED_BY(mutex_);     // what was reported last; "" if it was good
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_LOCAL_LIST_H_
