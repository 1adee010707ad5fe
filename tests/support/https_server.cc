#include "tests/support/https_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace warden::testing {
namespace {

constexpr size_t kMaxRequestBytes = size_t{1} << 20;

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "HTTPS server for tests: %s failed: %s\n", what, std::strerror(errno));
  ERR_print_errors_fp(stderr);
  std::abort();
}

std::shared_ptr<SSL_CTX> MakeTls(const Certificate& certificate, int max_version) {
  std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  BIO* pem = BIO_new_mem_buf(certificate.certificate_pem.data(), -1);
  X509* leaf = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  pem = BIO_new_mem_buf(certificate.private_key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  Check(SSL_CTX_use_certificate(tls.get(), leaf) == 1, "certificate");
  Check(SSL_CTX_use_PrivateKey(tls.get(), key) == 1, "key");
  X509_free(leaf);
  EVP_PKEY_free(key);
  if (max_version != 0) {
    SSL_CTX_set_security_level(tls.get(), 0);  // which forbids what is older than TLS 1.2
    SSL_CTX_set_min_proto_version(tls.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls.get(), max_version);
  }
  return tls;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Of a request's head, without the empty line at its end.
HttpsRequest ParseHead(const std::string& head) {
  HttpsRequest request;
  size_t begin = head.find("\r\n");
  const std::string first = head.substr(0, begin);
  const size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (begin != std::string::npos) {
    const size_t end = head.find("\r\n", begin + 2);
    const std::string line = head.substr(begin + 2, end - begin - 2);
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      request.headers[Lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
    begin = end;
  }
  return request;
}

}  // namespace

Certificate LocalhostCertificate(const CertificateAuthority& ca) {
  return ca.Issue(
      {.common_name = "localhost", .dns_sans = {"localhost"}, .ip_sans = {"127.0.0.1"}});
}

class HttpsServer::Connection {
 public:
  Connection(HttpsServer* server, int fd, std::shared_ptr<SSL_CTX> tls)
      : server_(server), fd_(fd), tls_(std::move(tls)), thread_([this] { Run(); }) {}
  ~Connection() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

 private:
  void Run() {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    if (tls_ != nullptr) {
      ssl_ = SSL_new(tls_.get());
      SSL_set_fd(ssl_, fd_);
    }
    if (ssl_ == nullptr || SSL_accept(ssl_) == 1) {
      while (Exchange()) {
      }
      if (ssl_ != nullptr) SSL_shutdown(ssl_);
    }
    SSL_free(ssl_);
    shutdown(fd_, SHUT_RDWR);
    ERR_clear_error();
  }

  bool Exchange() {
    size_t end = 0;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore()) return false;
      if (read_.front() == '\x16') return Reply({.status = 400}) && false;  // TLS to a plain port
    }
    HttpsRequest request = ParseHead(read_.substr(0, end));
    read_.erase(0, end + 4);
    const auto length = request.headers.find("content-length");
    const size_t bytes = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (read_.size() < bytes) {
      if (!ReadMore()) return false;
    }
    request.body = read_.substr(0, bytes);
    read_.erase(0, bytes);
    return Reply(server_->Answer(request));
  }

  bool Reply(const HttpsReply& reply) {
    if (reply.hang) server_->WaitForStop();
    if (reply.hang || reply.hang_up) return false;
    std::string text = absl::StrCat("HTTP/1.1 ", reply.status, " OK\r\n");
    bool chunked = false;
    for (const auto& [name, value] : reply.headers) {
      absl::StrAppend(&text, name, ": ", value, "\r\n");
      chunked = chunked || name == "Transfer-Encoding";
    }
    if (!chunked) {
      const uint64_t length = reply.body.size() + reply.filler_bytes;
      absl::StrAppend(&text, "Content-Length: ", length, "\r\n");
    }
    absl::StrAppend(&text, "\r\n", reply.body);
    if (!Write(text)) return false;
    const std::string filler(size_t{1} << 16, 'x');
    for (uint64_t left = reply.filler_bytes; left > 0;) {
      const size_t bytes = std::min<uint64_t>(left, filler.size());
      if (!Write(filler.substr(0, bytes))) return false;
      left -= bytes;
    }
    return true;
  }

  bool ReadMore() {
    char bytes[4096];
    const ssize_t count =
        ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes) : recv(fd_, bytes, sizeof bytes, 0);
    if (count <= 0 || read_.size() > kMaxRequestBytes) return false;
    read_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  bool Write(const std::string& text) {
    if (ssl_ != nullptr) return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0;
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  HttpsServer* const server_;
  const int fd_;
  const std::shared_ptr<SSL_CTX> tls_;
  SSL* ssl_ = nullptr;
  std::string read_;
  std::thread thread_;  // last: it uses the others
};

HttpsServer::HttpsServer(HttpsServerOptions options, Handler handler)
    : plain_(options.plain),
      max_tls_version_(options.max_tls_version),
      handler_(std::move(handler)) {
  if (!plain_) tls_ = MakeTls(options.certificate, max_tls_version_);
  Listen();
}

HttpsServer::~HttpsServer() { Stop(); }

void HttpsServer::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Check(listener_ >= 0, "socket");
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  socklen_t size = sizeof address;
  Check(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
  Check(listen(listener_, 64) == 0, "listen");
  Check(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

void HttpsServer::Accept() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;  // the listener was shut down
    ++connections_;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(std::make_unique<Connection>(this, fd, tls_));
  }
}

HttpsReply HttpsServer::Answer(const HttpsRequest& request) {
  ++requests_;
  Handler handler;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    handler = handler_;
  }
  return handler(request);
}

void HttpsServer::WaitForStop() {
  std::unique_lock<std::mutex> lock(mutex_);
  stopped_.wait(lock, [this] { return stopping_; });
}

void HttpsServer::SetHandler(Handler handler) {
  const std::lock_guard<std::mutex> lock(mutex_);
  handler_ = std::move(handler);
}

void HttpsServer::SetCertificate(const Certificate& certificate) {
  std::shared_ptr<SSL_CTX> tls = MakeTls(certificate, max_tls_version_);
  const std::lock_guard<std::mutex> lock(mutex_);
  tls_ = std::move(tls);
}

void HttpsServer::Stop() {
  std::vector<std::unique_ptr<Connection>> closing;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    closing.swap(open_);
  }
  stopped_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  closing.clear();
}

void HttpsServer::Restart() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = false;
  }
  Listen();
}

std::string HttpsServer::Url(const std::string& path) const {
  return absl::StrCat(plain_ ? "http" : "https", "://localhost:", port_, path);
}

}  // namespace warden::testing
