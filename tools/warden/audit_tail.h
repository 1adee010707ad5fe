// The last records of an audit log, and those that come.
#ifndef WARDEN_TOOLS_WARDEN_AUDIT_TAIL_H_
#define WARDEN_TOOLS_WARDEN_AUDIT_TAIL_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "tools/warden/audit_filter.h"

namespace warden::cli {

struct TailOptions {
  std::string file;
  size_t lines = 20;    // of those that match; 0: all
  bool follow = false;  // goes on until the process is ended, over rotations
  bool json = false;
};

// Prints to stdout. NotFound where the file cannot be read.
absl::Status TailAudit(const TailOptions& options, const AuditFilter& filter);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_AUDIT_TAIL_H_
