// A whole admin port on loopback, and clients that are slow, many, or not HTTP at all.
#include "interceptors/admin/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dirent.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/http_ask.h"

namespace warden {
namespace {

using testing::AskHttp;
using ::testing::HasSubstr;
using testing::HttpReply;
using testing::OpenSocket;

class ManyMetrics final : public prometheus::Collectable {
 public:
  explicit ManyMetrics(size_t samples) : samples_(samples) {}
  std::vector<prometheus::MetricFamily> Collect() const override {
    prometheus::MetricFamily family = {"warden_x", "help", prometheus::MetricType::Gauge, {}};
    for (size_t i = 0; i < samples_; ++i) {
      family.metric.emplace_back();
      family.metric.back().label.push_back({"n", absl::StrCat(i)});
    }
    return {family};
  }

 private:
  const size_t samples_;
};

size_t OpenFiles() {
  size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)file;
    ++count;
  }
  return count;
}

class AdminServerTest : public ::testing::Test {
 protected:
  void Start(AdminListenerOptions options = {}, size_t samples = 1) {
    AdminSettings settings;
    settings.enabled = true;
    settings.address = *ParseListenAddress("admin", "127.0.0.1:0");
    settings.reload_interval = absl::Hours(1);
    auto started = AdminServer::Start(
        settings, {.metrics = std::make_shared<ManyMetrics>(samples), .health = health_}, options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    health_->SetServing();
  }
  HttpReply Get(const std::string& path) {
    return AskHttp({.port = server_->port(), .path = path});
  }

  std::shared_ptr<HealthRegistry> health_ =
      std::make_shared<HealthRegistry>([] { return absl::Now(); });
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, ServesAndCloses) {
  Start();
  const HttpReply reply = Get("/healthz");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "ok\n");
  EXPECT_EQ(reply.Header("connection"), "close");
  EXPECT_EQ(reply.Header("server"), "");
  EXPECT_EQ(reply.Header("x-frame-options"), "DENY");
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/nothing").status, 404);
  const HttpReply head = AskHttp({.port = server_->port(), .path = "/healthz", .method = "HEAD"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  const HttpReply post = AskHttp({.port = server_->port(), .path = "/healthz", .method = "POST"});
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.Header("allow"), "GET, HEAD");
}

TEST_F(AdminServerTest, WhatIsNotHttpEndsWithoutHarm) {
  Start();
  for (const std::string& bytes :
       {std::string("\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 13),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string(100'000, 'x'),
        "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nX: " + std::string(100'000, 'a')}) {
    const HttpReply reply = AskHttp({.port = server_->port(), .raw = bytes});
    EXPECT_TRUE(reply.status == 400 || reply.status == 431 || reply.status == 505)
        << reply.status << " to " << bytes.substr(0, 20);
  }
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(AdminServerTest, ARequestInPiecesIsOne) {
  Start();
  const OpenSocket socket(server_->port());
  for (const char c : std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
    ASSERT_TRUE(socket.Send(std::string(1, c)));
  }
  EXPECT_THAT(socket.ReadAll(), ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
}

// A byte now and then does not buy more time than the deadline.
TEST_F(AdminServerTest, SlowSendersAreCutOff) {
  Start({.deadline = absl::Milliseconds(300)});
  const OpenSocket socket(server_->port());
  const absl::Time begin = absl::Now();
  while (socket.Send("G") && absl::Now() - begin < absl::Seconds(10)) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10)) << "the server never hung up";
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(AdminServerTest, SlowReadersHoldUpNobody) {
  Start({.deadline = absl::Seconds(20)}, /*samples=*/100'000);  // more than sockets buffer
  std::vector<OpenSocket> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back(server_->port());
    ASSERT_TRUE(readers.back().Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(AdminServerTest, ThousandsOfOpenConnectionsLeaveRoomForAProbe) {
  Start({.deadline = absl::Seconds(60), .max_connections = 16, .accepts_per_second = 1e9});
  const size_t before = OpenFiles();
  std::vector<OpenSocket> held;
  for (int i = 0; i < 200; ++i) {
    held.emplace_back(server_->port());
    ASSERT_TRUE(held.back().Send("GET /metrics HTTP/1.1\r\n"));
  }
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_LE(OpenFiles(), before + held.size() + 18) << "the server holds 16 at most";
}

// More clients than are let in in a second wait their turn; pages beyond the bound are refused.
TEST_F(AdminServerTest, AFloodOfScrapesIsBounded) {
  Start({.accepts_per_second = 500});
  std::atomic<int> served{0}, limited{0}, other{0};
  std::vector<std::thread> scrapers;
  for (int t = 0; t < 4; ++t) {
    scrapers.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        const int status = Get("/metrics").status;
        ++(status == 200 ? served : status == 429 ? limited : other);
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get("/healthz").status, 200);
  for (std::thread& scraper : scrapers) scraper.join();
  EXPECT_EQ(other, 0);
  EXPECT_GE(served, 40) << "those that are saved up";
  EXPECT_EQ(served + limited, 1000);
}

TEST_F(AdminServerTest, AnAddressThatIsTakenIsAnError) {
  Start();
  AdminSettings settings;
  settings.enabled = true;
  settings.address = *ParseListenAddress("admin", absl::StrCat("127.0.0.1:", server_->port()));
  const auto second = AdminServer::Start(settings, {.health = health_});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("cannot listen"));
}

TEST_F(AdminServerTest, StopsAtOnceWithClientsConnected) {
  Start({.deadline = absl::Hours(1)});
  const OpenSocket socket(server_->port());
  ASSERT_TRUE(socket.Send("GET /"));
  EXPECT_EQ(Get("/healthz").status, 200);
  server_.reset();
  EXPECT_EQ(socket.ReadAll(), "");
}

}  // namespace
}  // namespace warden
