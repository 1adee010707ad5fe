#include "interceptors/observe/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::shared_ptr<Metrics> MakeMetrics() {
  auto metrics = Metrics::Create({.methods = {"/a.B/C"}, .reasons = {"ok"}});
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return *metrics;
}

// -1 if nobody listens there.
int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

std::string Request(uint16_t port, const std::string& method, const std::string& path) {
  const int fd = Connect(port);
  if (fd < 0) return "no connection";
  const std::string request =
      absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string response;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    response.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return response;
}

TEST(MetricsServerTest, ServesTheMetricsOnAFreePort) {
  const auto metrics = MakeMetrics();
  auto server = MetricsServer::Start({.address = "127.0.0.1:0"}, metrics);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_NE((*server)->port(), 0);
  EXPECT_EQ((*server)->address(), absl::StrCat("127.0.0.1:", (*server)->port()));
  metrics->RecordDecision(0, 0);
  const std::string response = Request((*server)->port(), "GET", "/metrics");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(response, HasSubstr("Content-Type: text/plain"));
  EXPECT_THAT(response, HasSubstr("# HELP warden_decisions_total Calls decided"));
  EXPECT_THAT(response, HasSubstr("warden_decisions_total{method=\"/a.B/C\",reason=\"ok\"} 1"));
}

TEST(MetricsServerTest, ServesNothingElse) {
  auto server = MetricsServer::Start({}, MakeMetrics());
  ASSERT_TRUE(server.ok()) << server.status();
  for (const char* path : {"/", "/etc/passwd", "/../etc/passwd", "/metrics/../../etc/passwd"}) {
    const std::string response = Request((*server)->port(), "GET", path);
    EXPECT_THAT(response, Not(HasSubstr("200 OK"))) << path;
    EXPECT_THAT(response, Not(HasSubstr("warden_"))) << path;
    EXPECT_THAT(response, Not(HasSubstr("root:"))) << path;
  }
  for (const char* method : {"PUT", "POST", "DELETE"}) {
    EXPECT_THAT(Request((*server)->port(), method, "/metrics"), Not(HasSubstr("200 OK"))) << method;
  }
}

TEST(MetricsServerTest, ClosesThePortWhenDestroyed) {
  auto server = MetricsServer::Start({}, MakeMetrics());
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->port();
  const int open = Connect(port);
  EXPECT_GE(open, 0);
  close(open);
  const absl::Time start = absl::Now();
  server->reset();
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(1900));
  EXPECT_EQ(Connect(port), -1);
}

TEST(MetricsServerTest, KeepsTheMetricsAlive) {
  auto metrics = MakeMetrics();
  auto server = MetricsServer::Start({}, metrics);
  ASSERT_TRUE(server.ok()) << server.status();
  metrics.reset();
  EXPECT_THAT(Request((*server)->port(), "GET", "/metrics"), HasSubstr("warden_build_info"));
}

TEST(MetricsServerTest, ATakenPortIsAStatus) {
  auto first = MetricsServer::Start({}, MakeMetrics());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = MetricsServer::Start({.address = (*first)->address()}, MakeMetrics());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr((*first)->address()));
}

TEST(MetricsServerTest, PublicAddressesNeedTheOptIn) {
  for (const char* address :
       {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:9464", "[::ffff:127.0.0.1]:0"}) {
    const auto server = MetricsServer::Start({.address = address}, MakeMetrics());
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr("insecure_allow_public_address"));
  }
  const auto allowed = MetricsServer::Start(
      {.address = "0.0.0.0:0", .insecure_allow_public_address = true}, MakeMetrics());
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_THAT(Request((*allowed)->port(), "GET", "/metrics"), HasSubstr("200 OK"));
}

TEST(MetricsServerTest, LoopbackHasSeveralNames) {
  for (const char* address : {"localhost:0", "127.1.2.3:0"}) {
    EXPECT_TRUE(MetricsServer::Start({.address = address}, MakeMetrics()).ok()) << address;
  }
}

TEST(MetricsServerTest, MalformedAddressesAreRefused) {
  for (const char* address :
       {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:65536",
        "127.0.0.1:80r", "127.0.0.1: 80", "+127.0.0.1:80", "metrics.example:80", "::1:80",
        "[::1:80", "[]:80", "127.0.0.1:0,0.0.0.0:0", "127.1:80", "127.0.0.1:99999999999"}) {
    const auto server = MetricsServer::Start(
        {.address = address, .insecure_allow_public_address = true}, MakeMetrics());
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

}  // namespace
}  // namespace warden
