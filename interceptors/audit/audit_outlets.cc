#include "interceptors/audit/audit_outlets.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "interceptors/audit/hash_chain.h"

namespace warden {
namespace {

constexpr int kWaitMillis = 100;
// Facility authpriv (10), severity informational (6).
constexpr char kSyslogPriority[] = "<86>";

absl::Status Failed(const std::string& what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(error)));
}

// Whether something can be written within the time.
bool Ready(int fd, const std::atomic<bool>& give_up) {
  pollfd ready = {.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&ready, 1, give_up.load() ? 0 : kWaitMillis) > 0;
}

// The first whole lines that fit into one write.
std::string_view NextPiece(std::string_view lines) {
  if (lines.size() <= kMaxAuditLineBytes) return lines;
  const size_t end = lines.rfind('\n', kMaxAuditLineBytes - 1);
  return lines.substr(0, end == std::string_view::npos ? kMaxAuditLineBytes : end + 1);
}

}  // namespace

absl::Status StreamOutlet::Write(std::string_view lines, const std::atomic<bool>& give_up) {
  while (done_ < lines.size()) {
    if (!Ready(fd_, give_up)) {
      return absl::UnavailableError("standard output: its reader does not read");
    }
    const std::string_view piece = NextPiece(lines.substr(done_));
    const ssize_t written = ::write(fd_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("standard output", errno);
    done_ += static_cast<size_t>(written);
  }
  done_ = 0;
  return absl::OkStatus();
}

absl::Status SyslogOutlet::Connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return Failed(socket_, ENAMETOOLONG);
  std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
  OwnedFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return Failed(socket_, errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Failed(socket_, errno);
  }
  fd_ = std::move(fd);
  return absl::OkStatus();
}

absl::Status SyslogOutlet::Write(std::string_view lines, const std::atomic<bool>& give_up) {
  if (!fd_.ok()) {
    if (const absl::Status status = Connect(); !status.ok()) return status;
  }
  while (done_ < lines.size()) {
    const size_t end = std::min(lines.find('\n', done_), lines.size());
    const std::string datagram = absl::StrCat(kSyslogPriority, "warden[", ::getpid(),
                                              "]: ", std::string(lines.substr(done_, end - done_)));
    if (!Ready(fd_.get(), give_up)) return absl::UnavailableError("syslog: it does not read");
    const ssize_t sent =
        ::send(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return absl::UnavailableError("syslog: it does not read");
    if (sent < 0) {
      const int error = errno;
      fd_ = OwnedFd();  // it was restarted: the next attempt connects anew
      return Failed("syslog", error);
    }
    done_ = std::min(end + 1, lines.size());
  }
  done_ = 0;
  return absl::OkStatus();
}

}  // namespace warden
