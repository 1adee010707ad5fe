// Speaks HTTP/2 as no gRPC client would: any header, any frame, at any moment (RFC 9113).
#ifndef WARDEN_TESTS_E2E_HTTP2_CLIENT_H_
#define WARDEN_TESTS_E2E_HTTP2_CLIENT_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/world.h"

namespace warden::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What a gRPC client sends for a call of `path`.
Headers CallHeaders(const std::string& path, const std::string& token);

// One connection over mutual TLS. Not thread-safe. Throws std::runtime_error where it cannot
// connect; what is sent to a connection that the server has closed is lost.
class Http2Client {
 public:
  Http2Client(const World& world, const Certificate& identity);

  // Opens the next stream, of which the id is returned. Not Huffman-coded, nothing indexed; blocks
  // over a frame's size go on in CONTINUATION frames.
  uint32_t SendHeaders(const Headers& headers, bool end_stream = false);
  // A gRPC message, uncompressed, and the end of the stream.
  void SendMessage(uint32_t stream, const std::string& message);
  void SendReset(uint32_t stream);
  void SendFrame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload);

  // Until the server has read all that was sent, or has closed the connection.
  void WaitUntilRead();

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* connection) const { BIO_free_all(connection); }
  };

  void Send(const std::string& bytes);
  bool Receive(size_t count, std::string* bytes);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<BIO, Free> connection_;
  uint32_t next_stream_ = 1;
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_HTTP2_CLIENT_H_
