// A file of revocations: read whole, written whole.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_FILE_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/revocation/revocation.h"

namespace warden {

using RevocationList = std::vector<Revocation>;

// NotFound where there is no file, InvalidArgument with every problem and its line where it is
// wrong.
absl::StatusOr<RevocationList> ReadRevocationFile(const std::string& path, size_t max_entries,
                                                  absl::Time now);

// Reads the list (an empty one where there is no file), has it changed, drops what has expired, and
// writes it: readers see the old file or the new one. Who changes the file at the same time in this
// way, in any process, waits; Unavailable where that takes seconds. Nothing is written where
// `change` fails, and comments in the file are lost where it does not. Returns the new list.
absl::StatusOr<RevocationList> UpdateRevocationFile(
    const std::string& path, size_t max_entries, absl::Time now,
    const std::function<absl::Status(RevocationList*)>& change);

// The two changes. ResourceExhausted where the list is full; NotFound.
absl::Status AddTo(RevocationList* list, const Revocation& revocation, size_t max_entries);
absl::Status RemoveFrom(RevocationList* list, const RevocationKey& key);

// What tells that a file has changed. Equal signatures of a file that was changed within its
// clock's resolution are possible: Settled tells that one is old enough to be sure.
struct FileSignature {
  int64_t modified_ns = 0;
  int64_t size = -1;  // -1: no file
  uint64_t inode = 0;
  friend bool operator==(const FileSignature&, const FileSignature&) = default;
};
FileSignature SignatureOf(const std::string& path);
bool Settled(const FileSignature& signature, absl::Time now);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_FILE_H_
