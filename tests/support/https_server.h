// A small HTTPS server for tests: key servers and authorization servers that do what the test says.
#ifndef WARDEN_TESTS_SUPPORT_HTTPS_SERVER_H_
#define WARDEN_TESTS_SUPPORT_HTTPS_SERVER_H_

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"

namespace warden::testing {

struct HttpsRequest {
  std::string method;                          // "GET"
  std::string target;                          // "/keys?x=1"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct HttpsReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  uint64_t filler_bytes = 0;  // so many bytes more after the body
  bool hang = false;          // says nothing until the server is stopped
  bool hang_up = false;       // closes the connection instead of an answer
};

struct HttpsServerOptions {
  Certificate certificate;  // for "localhost" and 127.0.0.1, usually
  int max_tls_version = 0;  // TLS1_1_VERSION and so on; the newest where 0
  bool plain = false;       // speaks HTTP without TLS
};

// A certificate for localhost and 127.0.0.1 by `ca`.
Certificate LocalhostCertificate(const CertificateAuthority& ca);

// Listens on a free port of 127.0.0.1 from construction to destruction. One thread for each
// connection. Thread-safe. Ends the program where it cannot do what it is for.
class HttpsServer {
 public:
  using Handler = std::function<HttpsReply(const HttpsRequest&)>;

  HttpsServer(HttpsServerOptions options, Handler handler);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  void SetHandler(Handler handler);
  void SetCertificate(const Certificate& certificate);  // for connections from now on

  void Stop();     // closes the port and every connection
  void Restart();  // on the same port. REQUIRES: stopped

  uint16_t port() const { return port_; }
  std::string Url(const std::string& path) const;  // https://localhost:PORT/path
  int requests() const { return requests_; }       // so far
  int connections() const { return connections_; }

 private:
  class Connection;

  void Listen();
  void Accept();
  HttpsReply Answer(const HttpsRequest& request);
  void WaitForStop();

  const bool plain_;
  const int max_tls_version_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Handler handler_;
  std::shared_ptr<SSL_CTX> tls_;
  std::vector<std::unique_ptr<Connection>> open_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_HTTPS_SERVER_H_
