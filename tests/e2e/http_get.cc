#include "tests/e2e/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace warden::testing {
namespace {

class Socket {
 public:
  explicit Socket(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  ~Socket() { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string HttpGet(uint16_t port, const std::string& path) {
  const Socket socket(port);
  // HTTP/1.0 without keep-alive: the answer ends with the connection, and is not chunked.
  const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("cannot send");
  }
  std::string answer;
  char buffer[16384];
  for (ssize_t n = 0; (n = recv(socket.fd(), buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(n));
  }
  const size_t body = answer.find("\r\n\r\n");
  if (answer.find(" 200 ") != 8 || body == std::string::npos) {
    throw std::runtime_error("answer: " + answer.substr(0, 200));
  }
  return answer.substr(body + 4);
}

}  // namespace warden::testing
