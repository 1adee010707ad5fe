#include "interceptors/revocation/redis_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/interceptors/revocation/temporary_folder.h"
#include "tests/support/certificates.h"
#include "tests/support/redis_server.h"

namespace warden {
namespace {

using testing::FreePort;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RedisServer;
using testing::TemporaryFolder;

// Answers the first who connects with one text, and keeps the connection open.
class SayingServer {
 public:
  explicit SayingServer(const std::string& text) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(listener_, 5);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, text] { Serve(text); });
  }
  ~SayingServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  void Serve(std::string_view rest) const {
    const int fd = accept(listener_, nullptr, nullptr);
    while (!rest.empty()) {
      const ssize_t sent = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    char byte = 0;
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    close(fd);
  }

  const int listener_;
  int port_ = 0;
  std::thread thread_;
};

absl::Status Ping(const RedisOptions& options) {
  auto connection = RedisConnection::Open(options);
  if (!connection.ok()) return connection.status();
  return (*connection)->Run({"PING"}).status();
}

TEST(SocketAddressTest, IsReadStrictly) {
  EXPECT_EQ(ParseSocketAddress("redis.example:6379")->host, "redis.example");
  EXPECT_EQ(ParseSocketAddress("[::1]:6379")->host, "::1");
  EXPECT_EQ(ParseSocketAddress("[::1]:6379")->port, "6379");
  EXPECT_EQ(ParseSocketAddress("unix:/run/redis.sock")->unix_path, "/run/redis.sock");
  for (const char* text :
       {"", "redis", ":6379", "redis:", "redis:0", "redis:65536", "redis:abc", "::1:6379",
        "[]:6379", "unix:", "unix:relative", "a b:1", "redis:6379x", "redis://host:6379"}) {
    EXPECT_FALSE(ParseSocketAddress(text).ok()) << text;
  }
}

TEST(RedisConnectionTest, RunsCommands) {
  const RedisServer server;
  auto connection = RedisConnection::Open({.address = server.address()});
  ASSERT_TRUE(connection.ok()) << connection.status();
  const std::string binary("a\0\r\n\xff", 5);
  EXPECT_TRUE((*connection)->Run({"SET", "k", binary}).ok());
  EXPECT_EQ((*connection)->Run({"GET", "k"})->text, binary);
  EXPECT_EQ((*connection)->Run({"GET", "none"})->type, RedisReply::Type::kNil);
  EXPECT_EQ((*connection)->Run({"DEL", "k"})->integer, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition((*connection)->Run({"NONSENSE"}).status()));
  EXPECT_TRUE((*connection)->Run({"PING"}).ok());  // goes on
}

TEST(RedisConnectionTest, WorksOverAUnixSocket) {
  const TemporaryFolder folder;
  const RedisServer server({"--unixsocket", folder.File("s")});
  EXPECT_TRUE(Ping({.address = "unix:" + folder.File("s")}).ok());
}

TEST(RedisConnectionTest, NobodyThere) {
  EXPECT_TRUE(absl::IsUnavailable(Ping({.address = absl::StrCat("127.0.0.1:", FreePort())})));
  EXPECT_TRUE(absl::IsUnavailable(Ping({.address = "unix:/nowhere/at/all"})));
  EXPECT_TRUE(absl::IsInvalidArgument(Ping({.address = "nonsense"})));
}

TEST(RedisConnectionTest, FrozenServersAreGivenUp) {
  RedisServer server;
  server.Freeze();
  EXPECT_TRUE(
      absl::IsUnavailable(Ping({.address = server.address(), .timeout = absl::Milliseconds(100)})));
  server.Thaw();
  EXPECT_TRUE(Ping({.address = server.address(), .timeout = absl::Seconds(10)}).ok());
}

TEST(RedisConnectionTest, WhatIsNotRedisIsRefused) {
  const std::pair<std::string, absl::StatusCode> cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\n", absl::StatusCode::kDataLoss},
      {"*abc\r\n", absl::StatusCode::kDataLoss},
      {"*99999999999\r\n", absl::StatusCode::kOutOfRange},
      {"*8193\r\n", absl::StatusCode::kOutOfRange},
      {"$99999999\r\n" + std::string(5 << 20, 'a'), absl::StatusCode::kOutOfRange},
      {std::string(5 << 20, '+'), absl::StatusCode::kOutOfRange},
      {"$5\r\nab", absl::StatusCode::kUnavailable},  // never goes on
  };
  for (const auto& [text, code] : cases) {
    const SayingServer server(text);
    const absl::Duration timeout =
        code == absl::StatusCode::kUnavailable ? absl::Milliseconds(100) : absl::Seconds(20);
    EXPECT_EQ(Ping({.address = server.address(), .timeout = timeout}).code(), code)
        << text.substr(0, 20);
  }
}

TEST(RedisConnectionTest, LogsIn) {
  const RedisServer server({"--requirepass", "pa ss"});
  EXPECT_TRUE(Ping({.address = server.address(), .password = "pa ss"}).ok());
  EXPECT_TRUE(Ping({.address = server.address(), .username = "default", .password = "pa ss"}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Ping({.address = server.address()})));
  const absl::Status wrong = Ping({.address = server.address(), .password = "hunter2"});
  EXPECT_TRUE(absl::IsFailedPrecondition(wrong));
  EXPECT_THAT(wrong.ToString(), Not(HasSubstr("hunter2")));
}

// Redis answers an unknown command with its arguments.
TEST(RedisConnectionTest, ThePasswordIsNotRepeated) {
  const RedisServer server({"--rename-command", "AUTH", "NOTAUTH"});
  const absl::Status wrong = Ping({.address = server.address(), .password = "hunter2"});
  EXPECT_TRUE(absl::IsFailedPrecondition(wrong));
  EXPECT_THAT(wrong.ToString(), Not(HasSubstr("hunter2")));
}

class RedisTlsTest : public ::testing::Test {
 protected:
  RedisTlsTest() {
    testing::CertificateSpec spec;
    spec.dns_sans = {"localhost"};
    spec.ip_sans = {"127.0.0.1"};
    const testing::Certificate server = authority_.Issue(spec);
    folder_.Write("s.crt", server.certificate_pem);
    folder_.Write("s.key", server.private_key_pem);
    folder_.Write("ca.crt", authority_.certificate_pem());
    folder_.Write("other.crt", testing::CertificateAuthority("Other").certificate_pem());
    folder_.Write("empty.crt", "");
    server_.emplace(std::vector<std::string>{
        "--tls-port", absl::StrCat(tls_port_), "--tls-cert-file", folder_.File("s.crt"),
        "--tls-key-file", folder_.File("s.key"), "--tls-ca-cert-file", folder_.File("ca.crt"),
        "--tls-auth-clients", "no"});
  }
  RedisOptions Options(const std::string& host, const std::string& ca) const {
    return {.address = absl::StrCat(host, ":", tls_port_),
            .ca_file = folder_.File(ca),
            .timeout = absl::Seconds(10)};
  }

  const TemporaryFolder folder_;
  const testing::CertificateAuthority authority_{"Redis CA"};
  const int tls_port_ = FreePort();
  std::optional<RedisServer> server_;
};

TEST_F(RedisTlsTest, ChecksTheServersCertificate) {
  EXPECT_TRUE(Ping(Options("127.0.0.1", "ca.crt")).ok());
  EXPECT_TRUE(Ping(Options("localhost", "ca.crt")).ok());
  EXPECT_THAT(Ping(Options("127.0.0.1", "other.crt")).ToString(), HasSubstr("not accepted"));
  EXPECT_TRUE(absl::IsInvalidArgument(Ping(Options("127.0.0.1", "empty.crt"))));
  EXPECT_TRUE(absl::IsInvalidArgument(Ping(Options("127.0.0.1", "none.crt"))));
  // 0.0.0.0 reaches the same server under a name that is not in its certificate.
  EXPECT_THAT(Ping(Options("0.0.0.0", "ca.crt")).ToString(), HasSubstr("not accepted"));
}

TEST_F(RedisTlsTest, CarriesLongTexts) {
  auto connection = RedisConnection::Open(Options("localhost", "ca.crt"));
  ASSERT_TRUE(connection.ok()) << connection.status();
  const std::string text(1 << 20, 'a');
  EXPECT_TRUE((*connection)->Run({"SET", "k", text}).ok());
  EXPECT_EQ((*connection)->Run({"GET", "k"})->text, text);
  server_->Kill();
  EXPECT_TRUE(absl::IsUnavailable((*connection)->Run({"PING"}).status()));
}

TEST_F(RedisTlsTest, PlainServersAreNoTlsServers) {
  RedisOptions options = Options("127.0.0.1", "ca.crt");
  options.address = server_->address();
  options.timeout = absl::Seconds(1);
  EXPECT_TRUE(absl::IsUnavailable(Ping(options)));
}

}  // namespace
}  // namespace warden
