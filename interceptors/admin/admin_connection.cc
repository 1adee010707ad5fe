#include "interceptors/admin/admin_connection.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "absl/time/clock.h"

namespace warden {
namespace {

constexpr int kEnded = -1;
constexpr int kNothingNow = 0;
constexpr size_t kMostAtOnce = size_t{64} * 1024;
// How long what a client still sends is read and thrown away, so that its closing does not take the
// answer away from it (RFC 9112 section 9.6).
constexpr absl::Duration kLingerTime = absl::Seconds(1);

}  // namespace

AdminConnection::AdminConnection(int fd, SSL_CTX* tls, absl::Time deadline)
    : fd_(fd),
      ssl_(tls == nullptr ? nullptr : SSL_new(tls)),
      state_(tls == nullptr ? State::kRead : State::kHandshake),
      events_(POLLIN),
      deadline_(deadline) {
  if (ssl_ != nullptr && SSL_set_fd(ssl_.get(), fd_) == 1) SSL_set_accept_state(ssl_.get());
}

AdminConnection::~AdminConnection() { close(fd_); }

bool AdminConnection::Go(const Handler& handler, absl::Time now) {
  while (true) {
    Moved moved = Moved::kEnded;
    switch (state_) {
      case State::kHandshake:
        moved = ssl_ == nullptr ? Moved::kEnded : Shake();
        break;
      case State::kRead:
        moved = Read(handler);
        break;
      case State::kWrite:
        moved = Write(now);
        break;
      case State::kLinger:
        moved = Linger();
        break;
    }
    if (moved != Moved::kOn) return moved == Moved::kWaits;
  }
}

// What poll shall wait for after OpenSSL could not go on.
int AdminConnection::AfterTls(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) {
    events_ = POLLIN;
    return kNothingNow;
  }
  if (error == SSL_ERROR_WANT_WRITE) {
    events_ = POLLOUT;
    return kNothingNow;
  }
  return kEnded;
}

AdminConnection::Moved AdminConnection::Shake() {
  ERR_clear_error();
  const int result = SSL_accept(ssl_.get());
  if (result == 1) {
    state_ = State::kRead;
    events_ = POLLIN;
    return Moved::kOn;
  }
  return AfterTls(result) == kNothingNow ? Moved::kWaits : Moved::kEnded;
}

int AdminConnection::Receive(char* buffer, int size) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), buffer, size);
    return got > 0 ? got : AfterTls(got);
  }
  const ssize_t got = recv(fd_, buffer, static_cast<size_t>(size), 0);
  if (got > 0) return static_cast<int>(got);
  events_ = POLLIN;
  const bool again = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return again ? kNothingNow : kEnded;
}

int AdminConnection::Send(const char* bytes, int size) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), bytes, size);
    return sent > 0 ? sent : AfterTls(sent);
  }
  const ssize_t sent = send(fd_, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent > 0) return static_cast<int>(sent);
  events_ = POLLOUT;
  const bool again = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return again ? kNothingNow : kEnded;
}

AdminConnection::Moved AdminConnection::Read(const Handler& handler) {
  char buffer[kMaxRequestHead];
  const int room = static_cast<int>(kMaxRequestHead - in_.size());
  const int got = Receive(buffer, room);
  if (got == kNothingNow) return Moved::kWaits;
  if (got < 0) return Moved::kEnded;
  in_.append(buffer, static_cast<size_t>(got));
  const size_t end = EndOfHead(in_);
  if (end == 0 && in_.size() < kMaxRequestHead) return Moved::kOn;
  Answer(handler, std::string_view(in_).substr(0, end));
  in_.clear();
  in_.shrink_to_fit();
  state_ = State::kWrite;
  return Moved::kOn;
}

void AdminConnection::Answer(const Handler& handler, std::string_view head) {
  bool head_only = false;
  AdminAnswer answer = PlainAnswer(431);
  if (!head.empty()) {
    std::variant<AdminRequest, AdminAnswer> parsed = ParseAdminRequest(head);
    if (auto* request = std::get_if<AdminRequest>(&parsed)) {
      head_only = request->head;
      answer = handler(*request);
    } else {
      answer = std::get<AdminAnswer>(std::move(parsed));
    }
  }
  out_ = SerializeAnswer(answer, head_only, ssl_ != nullptr, absl::Now());
}

AdminConnection::Moved AdminConnection::Write(absl::Time now) {
  const size_t left = out_.size() - written_;
  if (left > 0) {
    const int sent =
        Send(out_.data() + written_, static_cast<int>(std::min<size_t>(left, kMostAtOnce)));
    if (sent == kNothingNow) return Moved::kWaits;
    if (sent < 0) return Moved::kEnded;
    written_ += static_cast<size_t>(sent);
    return Moved::kOn;
  }
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // says that no more comes; the client's word is not waited for
    ERR_clear_error();
  }
  shutdown(fd_, SHUT_WR);
  out_.clear();
  out_.shrink_to_fit();
  state_ = State::kLinger;
  events_ = POLLIN;
  deadline_ = std::min(deadline_, now + kLingerTime);
  return Moved::kOn;
}

AdminConnection::Moved AdminConnection::Linger() {
  char buffer[4096];
  const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
  if (got > 0)
    return Moved::kWaits;  // comes back: what is sent without end is not read without end
  const bool again = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return again ? Moved::kWaits : Moved::kEnded;
}

}  // namespace warden
