// A list of revocations in Redis that many servers share: the list `revocations` of
// redis_change_log.h.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "authz/revocation/revocation.h"
#include "authz/revocation/revocations.h"
#include "interceptors/revocation/redis_change_log.h"

namespace warden {

// Thread-safety and errors as RedisChangeLog.
class RedisRevocations {
 public:
  RedisRevocations(RedisOptions options, std::string key_prefix, size_t max_entries);

  absl::StatusOr<ChangeLogState> ReadState() { return log_.ReadState(); }
  absl::StatusOr<ChangePage<RevocationChange>> ReadChanges(int64_t after);

  // What the list then has. ResourceExhausted: it has max_entries.
  absl::StatusOr<RevocationChange> Revoke(const Revocation& revocation);
  // `*found` tells whether it was there. It is recorded as lifted in any case.
  absl::StatusOr<RevocationChange> Lift(const RevocationKey& key, bool* found);

 private:
  RedisChangeLog log_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REDIS_REVOCATIONS_H_
