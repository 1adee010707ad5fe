#include "interceptors/admin/admin_listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

constexpr int kBacklog = 128;

absl::Status Failed(const char* what, int error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(error)));
}

}  // namespace

AdminListener::AdminListener(AdminListenerOptions options, Work work)
    : options_(options),
      work_(std::move(work)),
      allowance_(options.accepts_per_second),
      last_refill_(MonotonicNow()),
      next_look_(last_refill_ + options.look_interval) {}

absl::StatusOr<std::unique_ptr<AdminListener>> AdminListener::Start(const ListenAddress& address,
                                                                    AdminListenerOptions options,
                                                                    Work work) {
  std::unique_ptr<AdminListener> listener(new AdminListener(options, std::move(work)));
  if (const absl::Status status = listener->Listen(address); !status.ok()) return status;
  try {
    listener->thread_ = std::thread([raw = listener.get()] { raw->Run(); });
  } catch (const std::system_error& error) {
    return Failed("no thread", error.code().value());
  }
  return listener;
}

absl::Status AdminListener::Listen(const ListenAddress& address) {
  sockaddr_storage bound = address.address;
  reinterpret_cast<sockaddr_in*>(&bound)->sin_port = htons(address.port);  // of both families
  const socklen_t size =
      bound.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : socklen_t{sizeof(sockaddr_in)};
  socket_ = socket(bound.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Failed("no socket", errno);
  const int on = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket_, reinterpret_cast<sockaddr*>(&bound), size) != 0 ||
      listen(socket_, kBacklog) != 0) {
    return Failed("cannot listen", errno);
  }
  socklen_t got = sizeof(bound);
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &got) != 0) {
    return Failed("no address", errno);
  }
  port_ = ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return wake_ < 0 ? Failed("no eventfd", errno) : absl::OkStatus();
}

AdminListener::~AdminListener() {
  stopping_ = true;
  if (wake_ >= 0) {
    const uint64_t one = 1;
    const ssize_t written = write(wake_, &one, sizeof(one));
    (void)written;  // the counter cannot be full
  }
  if (thread_.joinable()) thread_.join();
  connections_.clear();
  for (const int fd : {socket_, wake_}) {
    if (fd >= 0) close(fd);
  }
}

void AdminListener::Run() {
  // OpenSSL writes to sockets whose client has gone.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (!stopping_) {
    try {
      RunOnce();
    } catch (const std::exception&) {  // no memory, say: who is there now is not answered
      connections_.clear();
    }
  }
}

void AdminListener::RunOnce() {
  Wait(MonotonicNow());
  if (stopping_) return;
  const absl::Time now = MonotonicNow();
  if (now >= next_look_) {
    next_look_ = now + options_.look_interval;
    work_.look();
  }
  const double refill = absl::ToDoubleSeconds(now - last_refill_) * options_.accepts_per_second;
  allowance_ = std::min(options_.accepts_per_second, allowance_ + refill);
  last_refill_ = now;
  Serve(now);
  AcceptAll(now);
}

// Until a socket is ready, a deadline has come, or something else is due.
void AdminListener::Wait(absl::Time now) {
  const bool accepts = allowance_ >= 1 && now >= no_accept_until_;
  absl::Time until = next_look_;
  if (!accepts) until = std::min(until, now + absl::Milliseconds(20));
  std::vector<pollfd> waiting = {{.fd = wake_, .events = POLLIN, .revents = 0}};
  if (accepts) waiting.push_back({.fd = socket_, .events = POLLIN, .revents = 0});
  for (const auto& connection : connections_) {
    waiting.push_back({.fd = connection->fd(), .events = connection->events(), .revents = 0});
    until = std::min(until, connection->deadline());
  }
  const int64_t milliseconds =
      std::clamp<int64_t>(absl::ToInt64Milliseconds(until - now) + 1, 0, 60'000);
  poll(waiting.data(), waiting.size(), static_cast<int>(milliseconds));
}

void AdminListener::Serve(absl::Time now) {
  std::erase_if(connections_, [&](const std::unique_ptr<AdminConnection>& connection) {
    return now >= connection->deadline() || !connection->Go(work_.answer, now);
  });
}

void AdminListener::MakeRoom() {
  if (connections_.size() < options_.max_connections) return;
  auto victim = std::find_if(connections_.begin(), connections_.end(),
                             [](const auto& connection) { return connection->idle(); });
  if (victim == connections_.end()) victim = connections_.begin();
  connections_.erase(victim);
}

void AdminListener::AcceptAll(absl::Time now) {
  while (allowance_ >= 1 && now >= no_accept_until_) {
    const int fd = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors, say: the queue stays readable, so asking at once would spin.
      const bool empty = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
      if (!empty && errno != ECONNABORTED) no_accept_until_ = now + absl::Milliseconds(100);
      return;
    }
    allowance_ -= 1;
    MakeRoom();
    connections_.push_back(
        std::make_unique<AdminConnection>(fd, work_.tls(), now + options_.deadline));
    if (!connections_.back()->Go(work_.answer, now)) connections_.pop_back();
  }
}

}  // namespace warden
