#include "interceptors/revocation/redis_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

constexpr std::string_view kUnix = "unix:";

absl::Status Lost(std::string_view what) {
  return absl::UnavailableError(absl::string_view(what.data(), what.size()));
}

absl::Status LostErrno(std::string_view what, int error) {
  return Lost(absl::StrCat(std::string(what), ": ", std::strerror(error)));
}

// Waits until `fd` is ready for `events`.
absl::Status WaitFor(int fd, short events, absl::Time deadline) {
  while (true) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - MonotonicNow());
    if (left < 0) return Lost("no answer in time");
    pollfd poll_fd = {fd, events, 0};
    const int ready = poll(&poll_fd, 1, static_cast<int>(std::min<int64_t>(left, 60'000) + 1));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return LostErrno("poll", errno);
  }
}

absl::Status ConnectTo(int fd, const sockaddr* address, socklen_t length, absl::Time deadline) {
  if (connect(fd, address, length) == 0) return absl::OkStatus();
  if (errno != EINPROGRESS && errno != EAGAIN) return LostErrno("connect", errno);
  if (absl::Status status = WaitFor(fd, POLLOUT, deadline); !status.ok()) return status;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? absl::OkStatus() : LostErrno("connect", error);
}

absl::StatusOr<int> ConnectUnix(const std::string& path, absl::Time deadline) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError("the path of the socket is too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return LostErrno("socket", errno);
  const absl::Status status =
      ConnectTo(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
  if (status.ok()) return fd;
  close(fd);
  return status;
}

absl::StatusOr<int> ConnectTcp(const SocketAddress& target, absl::Time deadline) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (error != 0) return Lost(absl::StrCat("no address: ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> free_found(found, freeaddrinfo);
  absl::Status status = Lost("no address");
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int fd =
        socket(one->ai_family, one->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    status = ConnectTo(fd, one->ai_addr, one->ai_addrlen, deadline);
    if (status.ok()) return fd;
    close(fd);
  }
  return status;
}

std::string TlsError(const SSL* ssl) {
  const long verify = SSL_get_verify_result(ssl);
  if (verify != X509_V_OK) {
    return absl::StrCat("TLS: the server's certificate is not accepted: ",
                        X509_verify_cert_error_string(verify));
  }
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_error(), text.data(), text.size());
  return absl::StrCat("TLS: ", text.data());
}

}  // namespace

absl::StatusOr<SocketAddress> ParseSocketAddress(std::string_view address) {
  const absl::Status wrong =
      absl::InvalidArgumentError("must be HOST:PORT, [IPV6]:PORT or unix:/path");
  if (address.substr(0, kUnix.size()) == kUnix) {
    const std::string_view path = address.substr(kUnix.size());
    if (path.empty() || path[0] != '/') return wrong;
    return SocketAddress{"", "", std::string(path)};
  }
  const size_t colon = address.rfind(':');
  if (colon == address.npos || colon == 0) return wrong;
  std::string_view host = address.substr(0, colon);
  const std::string port(address.substr(colon + 1));
  int number = 0;
  if (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535) return wrong;
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return wrong;
  }
  if (host.empty() || host.find_first_of(" \t[]/") != host.npos) return wrong;
  return SocketAddress{std::string(host), absl::StrCat(number), ""};
}

absl::StatusOr<std::unique_ptr<RedisSocket>> RedisSocket::Connect(const std::string& address,
                                                                  const std::string& ca_file,
                                                                  absl::Time deadline) {
  absl::StatusOr<SocketAddress> target = ParseSocketAddress(address);
  if (!target.ok()) return target.status();
  absl::StatusOr<int> fd = target->unix_path.empty() ? ConnectTcp(*target, deadline)
                                                     : ConnectUnix(target->unix_path, deadline);
  if (!fd.ok()) return fd.status();
  std::unique_ptr<RedisSocket> made(new RedisSocket(*fd));
  if (!ca_file.empty()) {
    const absl::Status status = made->StartTls(target->host, ca_file, deadline);
    if (!status.ok()) return status;
  }
  return made;
}

RedisSocket::~RedisSocket() { close(fd_); }

// OpenSSL works on memory, so that this class alone waits, and a dead connection raises no SIGPIPE.
absl::Status RedisSocket::StartTls(const std::string& host, const std::string& ca_file,
                                   absl::Time deadline) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (context_ == nullptr) return Lost("TLS: out of memory");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context_.get(), ca_file.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(absl::StrCat(ca_file, ": no CA certificates in PEM"));
  }
  tls_.reset(SSL_new(context_.get()));
  if (tls_ == nullptr) return Lost("TLS: out of memory");
  SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(tls_.get());
  X509_VERIFY_PARAM* const verify = SSL_get0_param(tls_.get());
  // Of a Unix socket, "localhost".
  const std::string name = host.empty() ? "localhost" : host;
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) != 1) {
    if (X509_VERIFY_PARAM_set1_host(verify, name.c_str(), name.size()) != 1) {
      return absl::InvalidArgumentError("the host is no name for a certificate");
    }
    SSL_set_tlsext_host_name(tls_.get(), name.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int done = SSL_do_handshake(tls_.get());
    const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), done);
    const std::string error =
        why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ ? "" : TlsError(tls_.get());
    absl::Status status = SendPending(deadline);  // alerts, too
    if (why == SSL_ERROR_NONE || !status.ok()) return status;
    if (why != SSL_ERROR_WANT_READ) return Lost(error);
    if (status = FeedTls(deadline); !status.ok()) return status;
  }
}

absl::Status RedisSocket::SendRaw(std::string_view bytes, absl::Time deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (absl::Status status = WaitFor(fd_, POLLOUT, deadline); !status.ok()) return status;
    } else if (errno != EINTR) {
      return LostErrno("send", errno);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> RedisSocket::ReceiveRaw(char* buffer, size_t size, absl::Time deadline) {
  while (true) {
    const ssize_t got = recv(fd_, buffer, size, 0);
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0) return Lost("the server closed the connection");
    if (errno == EAGAIN) {
      if (absl::Status status = WaitFor(fd_, POLLIN, deadline); !status.ok()) return status;
    } else if (errno != EINTR) {
      return LostErrno("receive", errno);
    }
  }
}

absl::Status RedisSocket::SendPending(absl::Time deadline) {
  BIO* const out = SSL_get_wbio(tls_.get());
  std::vector<char> bytes(BIO_ctrl_pending(out));
  if (bytes.empty()) return absl::OkStatus();
  const int got = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return SendRaw({bytes.data(), static_cast<size_t>(std::max(got, 0))}, deadline);
}

absl::Status RedisSocket::FeedTls(absl::Time deadline) {
  std::array<char, 16384> bytes;
  const absl::StatusOr<size_t> got = ReceiveRaw(bytes.data(), bytes.size(), deadline);
  if (!got.ok()) return got.status();
  BIO_write(SSL_get_rbio(tls_.get()), bytes.data(), static_cast<int>(*got));
  return absl::OkStatus();
}

absl::Status RedisSocket::Write(std::string_view bytes, absl::Time deadline) {
  if (tls_ == nullptr) return SendRaw(bytes, deadline);
  ERR_clear_error();
  if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) {
    return Lost(TlsError(tls_.get()));
  }
  return SendPending(deadline);
}

absl::StatusOr<size_t> RedisSocket::Read(char* buffer, size_t size, absl::Time deadline) {
  if (tls_ == nullptr) return ReceiveRaw(buffer, size, deadline);
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(tls_.get(), buffer, static_cast<int>(size));
    if (got > 0) return static_cast<size_t>(got);
    const int why = SSL_get_error(tls_.get(), got);
    if (why == SSL_ERROR_ZERO_RETURN) return Lost("the server closed the connection");
    if (why != SSL_ERROR_WANT_READ) return Lost(TlsError(tls_.get()));
    if (absl::Status status = SendPending(deadline); !status.ok()) return status;
    if (absl::Status status = FeedTls(deadline); !status.ok()) return status;
  }
}

}  // namespace warden
