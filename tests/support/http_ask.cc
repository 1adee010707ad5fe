#include "tests/support/http_ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace warden::testing {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> Memory(const std::string& pem) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::unique_ptr<SSL_CTX, Free> ClientContext(const HttpAsk& ask) {
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<X509, Free> ca(
      PEM_read_bio_X509(Memory(ask.ca_pem).get(), nullptr, nullptr, nullptr));
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ask.identity == nullptr) return context;
  const std::unique_ptr<X509, Free> certificate(
      PEM_read_bio_X509(Memory(ask.identity->certificate_pem).get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(
      Memory(ask.identity->private_key_pem).get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

std::string ExchangeTls(const OpenSocket& socket, const HttpAsk& ask, const std::string& request) {
  const std::unique_ptr<SSL_CTX, Free> context = ClientContext(ask);
  const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket.fd());
  if (SSL_connect(ssl.get()) != 1) return "";
  if (SSL_write(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0) return "";
  std::string all;
  char buffer[16384];
  for (int n = 0; (n = SSL_read(ssl.get(), buffer, sizeof(buffer))) > 0;) {
    all.append(buffer, static_cast<size_t>(n));
  }
  return all;
}

std::string RequestOf(const HttpAsk& ask) {
  if (!ask.raw.empty()) return ask.raw;
  std::string request = absl::StrCat(ask.method, " ", ask.path, " HTTP/1.1\r\n");
  bool has_host = false;
  for (const auto& [name, value] : ask.headers) {
    has_host = has_host || absl::EqualsIgnoreCase(name, "host");
    absl::StrAppend(&request, name, ": ", value, "\r\n");
  }
  if (!has_host) absl::StrAppend(&request, "Host: 127.0.0.1:", ask.port, "\r\n");
  return request + "\r\n";
}

}  // namespace

std::string HttpReply::Header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? "" : found->second;
}

OpenSocket::OpenSocket(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd_);
    throw std::runtime_error("cannot connect");
  }
}

OpenSocket::~OpenSocket() {
  if (fd_ >= 0) close(fd_);
}

bool OpenSocket::Send(const std::string& bytes) const {
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::string OpenSocket::ReadAll() const {
  std::string all;
  char buffer[16384];
  for (ssize_t n = 0; (n = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) {
    all.append(buffer, static_cast<size_t>(n));
  }
  return all;
}

HttpReply AskHttp(const HttpAsk& ask) {
  const OpenSocket socket(ask.port);
  const std::string request = RequestOf(ask);
  HttpReply reply;
  if (!ask.ca_pem.empty()) {
    reply.all = ExchangeTls(socket, ask, request);
  } else if (socket.Send(request)) {
    reply.all = socket.ReadAll();
  }
  const size_t end = reply.all.find("\r\n\r\n");
  if (end == std::string::npos || !absl::StartsWith(reply.all, "HTTP/1.1 ")) return reply;
  reply.status = std::atoi(reply.all.c_str() + 9);
  reply.body = reply.all.substr(end + 4);
  const std::vector<std::string> lines = absl::StrSplit(reply.all.substr(0, end), "\r\n");
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    reply.headers[absl::AsciiStrToLower(header.first)] = header.second;
  }
  return reply;
}

std::string HttpGet(uint16_t port, const std::string& path) {
  // HTTP/1.0 without keep-alive: the answer ends with the connection, and is not chunked.
  HttpReply reply = AskHttp(
      {.port = port, .raw = absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: localhost\r\n\r\n")});
  if (reply.status != 200) throw std::runtime_error("answer: " + reply.all.substr(0, 200));
  return std::move(reply.body);
}

}  // namespace warden::testing
