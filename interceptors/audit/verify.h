// Whether an audit log's files are as they were written. docs/audit.md says what this can show, and
// what it cannot.
#ifndef WARDEN_INTERCEPTORS_AUDIT_VERIFY_H_
#define WARDEN_INTERCEPTORS_AUDIT_VERIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/audit/hash_chain.h"

namespace warden {

// What of a chain is known from elsewhere: that it had at least this record.
struct ChainAnchor {
  uint64_t seq = 0;  // 0: not known
  std::string hash;  // "": not known
};

struct AuditVerdict {
  // "audit.log:17: what is wrong"; empty where the chain is whole.
  std::string broken;

  // Of what was whole.
  std::vector<std::string> files;  // in the order of the chain
  uint64_t records = 0;
  uint64_t first_seq = 0;
  ChainHead last;
  std::string last_time;
  bool keyed = false;
  uint64_t dropped = 0;   // lost for want of room, by the log's own account
  uint64_t repaired = 0;  // half-written lines taken out
  uint64_t unclean = 0;   // starts after a server that did not stop in order

  bool whole() const { return broken.empty(); }
};

// Reads the files, in any order, as one chain. A Status other than OK where one cannot be read.
// Memory is bounded, whatever the files hold.
absl::StatusOr<AuditVerdict> VerifyAudit(const std::vector<std::string>& files,
                                         const HashChain& chain, const ChainAnchor& anchor);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_VERIFY_H_
