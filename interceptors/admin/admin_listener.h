// The socket of the admin port and the one thread that serves all of its clients.
#ifndef WARDEN_INTERCEPTORS_ADMIN_ADMIN_LISTENER_H_
#define WARDEN_INTERCEPTORS_ADMIN_ADMIN_LISTENER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/admin/admin_connection.h"
#include "interceptors/observe/listen_address.h"

namespace warden {

struct AdminListenerOptions {
  // Of a connection, from its first byte to its last: whoever is slower is cut off.
  absl::Duration deadline = absl::Seconds(10);
  // More than these at once, and the oldest to whom no answer is under way gives way.
  size_t max_connections = 64;
  // Clients that are let in in a second; more wait in the system's queue. It bounds the work of TLS
  // handshakes and of pages.
  double accepts_per_second = 200;
  // How often `look` is called.
  absl::Duration look_interval = absl::Minutes(1);
};

// Never more than one thread, whatever is sent to it: nobody's slowness holds up anybody else.
class AdminListener {
 public:
  // What runs on that thread.
  struct Work {
    AdminConnection::Handler answer;
    std::function<SSL_CTX*()> tls;  // for the next connection; gives null for plain HTTP
    std::function<void()> look;     // at files
  };

  // Unavailable where the address cannot be bound or no thread be had.
  static absl::StatusOr<std::unique_ptr<AdminListener>> Start(const ListenAddress& address,
                                                              AdminListenerOptions options,
                                                              Work work);
  // Closes every connection and waits for the thread.
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;
  AdminListener& operator=(const AdminListener&) = delete;

  uint16_t port() const { return port_; }

 private:
  AdminListener(AdminListenerOptions options, Work work);
  absl::Status Listen(const ListenAddress& address);
  void Run();
  void RunOnce();
  void Wait(absl::Time now);
  void AcceptAll(absl::Time now);
  void MakeRoom();
  void Serve(absl::Time now);

  const AdminListenerOptions options_;
  const Work work_;
  int socket_ = -1;
  int wake_ = -1;
  uint16_t port_ = 0;
  // The thread's own.
  std::vector<std::unique_ptr<AdminConnection>> connections_;  // oldest first
  double allowance_;                                           // clients that may be let in now
  absl::Time last_refill_;
  absl::Time next_look_;
  absl::Time no_accept_until_ = absl::InfinitePast();
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ADMIN_ADMIN_LISTENER_H_
