// Asks an HTTP server on loopback, and shows all of what comes back.
#ifndef WARDEN_TESTS_SUPPORT_HTTP_ASK_H_
#define WARDEN_TESTS_SUPPORT_HTTP_ASK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"

namespace warden::testing {

struct HttpAsk {
  uint16_t port = 0;
  std::string path = "/";
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string raw;     // in place of all of the above but the port
  std::string ca_pem;  // HTTPS where set
  const Certificate* identity = nullptr;
};

struct HttpReply {
  int status = 0;                              // 0 where there was no answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string all;  // every byte

  std::string Header(const std::string& lower_case_name) const;
};

// Waits ten seconds at most.
HttpReply AskHttp(const HttpAsk& ask);

// The body of the answer to GET; throws std::runtime_error where there is none of status 200.
std::string HttpGet(uint16_t port, const std::string& path);

// A connection on which nothing is sent by itself. Closed with it.
class OpenSocket {
 public:
  explicit OpenSocket(uint16_t port);
  ~OpenSocket();
  OpenSocket(OpenSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpenSocket(const OpenSocket&) = delete;
  OpenSocket& operator=(const OpenSocket&) = delete;

  bool Send(const std::string& bytes) const;  // false once the server has hung up
  // Everything until the server hangs up, ten seconds at most.
  std::string ReadAll() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_SUPPORT_HTTP_ASK_H_
