// One client of the admin port.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_CONNECTION_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_CONNECTION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "interceptors/admin/admin_http.h"

namespace warden {

// Reads one request, writes one answer and closes; never waits. Its memory is bounded by
// kMaxRequestHead and the answer. Not thread-safe.
class AdminConnection {
 public:
  using Handler = std::function<AdminAnswer(const AdminRequest&)>;

  // Takes the socket, which must not block, and closes it. `tls` may be null: plain HTTP.
  AdminConnection(int fd, SSL_CTX* tls, absl::Time deadline);
  ~AdminConnection();
  AdminConnection(const AdminConnection&) = delete;
  AdminConnection& operator=(const AdminConnection&) = delete;

  int fd() const { return fd_; }
  short events() const { return events_; }  // what it waits for, as poll(2) wants it
  absl::Time deadline() const { return deadline_; }
  // Whether no answer is under way: such give way first where there are too many.
  bool idle() const { return state_ != State::kWrite; }

  // Goes on as far as it can without waiting. False where it is done or broken.
  bool Go(const Handler& handler, absl::Time now);

 private:
  enum class State { kHandshake, kRead, kWrite, kLinger };
  enum class Moved { kOn, kWaits, kEnded };

  Moved Shake();
  Moved Read(const Handler& handler);
  Moved Write(absl::Time now);
  Moved Linger();
  // Received bytes; 0 where there are none now, below where there will be no more.
  int Receive(char* buffer, int size);
  int Send(const char* bytes, int size);
  int AfterTls(int result);
  void Answer(const Handler& handler, std::string_view head);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  const int fd_;
  std::unique_ptr<SSL, Free> ssl_;
  State state_;
  short events_;
  absl::Time deadline_;
  std::string in_;
  std::string out_;
  size_t written_ = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_CONNECTION_H_
