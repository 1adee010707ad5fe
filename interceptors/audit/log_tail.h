// The end of an audit log's file: where a server goes on from.
#ifndef WARDEN_INTERCEPTORS_AUDIT_LOG_TAIL_H_
#define WARDEN_INTERCEPTORS_AUDIT_LOG_TAIL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "interceptors/audit/hash_chain.h"

namespace warden {

struct LogTail {
  std::optional<ChainHead> last;  // nothing where the file has no whole record
  bool closed = false;            // that record is the one of an orderly stop
  uint64_t good_bytes = 0;        // of the file, up to and with the last newline
  uint64_t torn_bytes = 0;        // after that
  std::string torn;               // the beginning of those
};

// Reads the end of the file open as `fd`, called `name` in messages. InvalidArgument where its last
// line is no record of this chain: altered, made under another key, or another file altogether.
absl::StatusOr<LogTail> ReadLogTail(int fd, const std::string& name, const HashChain& chain);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_LOG_TAIL_H_
