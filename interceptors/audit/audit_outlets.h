// Where lines of the audit log go besides its file: standard output and syslog.
#ifndef WARDEN_INTERCEPTORS_AUDIT_AUDIT_OUTLETS_H_
#define WARDEN_INTERCEPTORS_AUDIT_AUDIT_OUTLETS_H_

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "interceptors/audit/audit_file.h"

namespace warden {

// Lines to a descriptor that is somebody else's, such as standard output. Not thread-safe.
class StreamOutlet {
 public:
  explicit StreamOutlet(int fd) : fd_(fd) {}

  // Writes whole lines, each in one piece of at most PIPE_BUF bytes, from where the last call
  // stopped; waits for a reader that is slow, but not longer than a tenth of a second, or not at
  // all where `give_up` is set. Unavailable where lines are left: call again with the same lines.
  absl::Status Write(std::string_view lines, const std::atomic<bool>& give_up);
  // What is left of the lines is not to be written.
  void Forget() { done_ = 0; }

 private:
  const int fd_;
  size_t done_ = 0;  // bytes of `lines`
};

// The machine's system log: facility authpriv (RFC 5424 section 6.2.1), over its local socket. Not
// thread-safe.
class SyslogOutlet {
 public:
  // `socket`: "/dev/log", but for tests.
  explicit SyslogOutlet(std::string socket) : socket_(std::move(socket)) {}

  // As StreamOutlet::Write. Connects where there is no connection.
  absl::Status Write(std::string_view lines, const std::atomic<bool>& give_up);
  void Forget() { done_ = 0; }

 private:
  absl::Status Connect();

  const std::string socket_;
  OwnedFd fd_;
  size_t done_ = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_AUDIT_AUDIT_OUTLETS_H_
