// Where revocations are written to.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_STORE_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_STORE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/revocation/revocation.h"

namespace warden {

// Thread-safe. Calls may block, for a file or a server, some seconds at most.
class RevocationStore {
 public:
  virtual ~RevocationStore() = default;

  // Adds the entry, or makes the one that is there stronger, and returns what the list then has.
  // ResourceExhausted: the list is full. Unavailable: it is out of reach. REQUIRES: `revocation` is
  // in normal form.
  virtual absl::StatusOr<Revocation> Revoke(const Revocation& revocation, absl::Time now) = 0;

  // Takes the entry out. NotFound where there is none. REQUIRES: `key` is in normal form.
  virtual absl::Status Lift(const RevocationKey& key, absl::Time now) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_STORE_H_
