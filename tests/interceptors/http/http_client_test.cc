#include "interceptors/http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "tests/support/https_server.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using testing::HttpsReply;
using testing::HttpsRequest;
using testing::HttpsServer;
using ::testing::Not;

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() {
    std::string path = (std::filesystem::temp_directory_path() / "warden-http-XXXXXX").string();
    folder_ = mkdtemp(path.data());
    ca_file_ = Write("ca.crt", ca_.certificate_pem());
    server_ = std::make_unique<HttpsServer>(
        testing::HttpsServerOptions{.certificate = testing::LocalhostCertificate(ca_)},
        [](const HttpsRequest&) { return HttpsReply{.body = "hello"}; });
    client_ = Client({});
  }
  ~HttpClientTest() override {
    client_.reset();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  std::unique_ptr<HttpClient> Client(HttpClientOptions options) const {
    if (options.ca_file.empty()) options.ca_file = ca_file_;
    absl::StatusOr<std::unique_ptr<HttpClient>> client = HttpClient::Create(options);
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }

  absl::StatusOr<HttpResponse> Get(const std::string& path) {
    return client_->SendAndWait({.url = server_->Url(path)});
  }

  const testing::CertificateAuthority ca_;
  std::filesystem::path folder_;
  std::string ca_file_;
  std::unique_ptr<HttpsServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, GetsABodyAndTheHeadersItKeeps) {
  HttpsRequest seen;
  server_->SetHandler([&](const HttpsRequest& request) {
    seen = request;
    return HttpsReply{.headers = {{"Cache-Control", "max-age=60"},
                                  {"cache-control", "public"},
                                  {"ETag", "\"7\""},
                                  {"Set-Cookie", "a=b"}},
                      .body = "{}"};
  });
  const absl::StatusOr<HttpResponse> response = client_->SendAndWait(
      {.url = server_->Url("/keys?x=1"), .headers = {{"If-None-Match", "\"6\""}}});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->Header("cache-control"), "max-age=60, public");
  EXPECT_EQ(response->Header("etag"), "\"7\"");
  EXPECT_EQ(response->Header("set-cookie"), "");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.target, "/keys?x=1");
  EXPECT_EQ(seen.headers["if-none-match"], "\"6\"");
}

TEST_F(HttpClientTest, PostsAForm) {
  HttpsRequest seen;
  server_->SetHandler([&](const HttpsRequest& request) {
    seen = request;
    return HttpsReply{.status = 401};
  });
  const absl::StatusOr<HttpResponse> response =
      client_->SendAndWait({.method = HttpRequest::Method::kPost,
                            .url = server_->Url("/introspect"),
                            .headers = {{"Authorization", "Basic eDp5"}},
                            .form = EncodeForm({{"token", "a b"}})});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "token=a+b");
  EXPECT_EQ(seen.headers["content-type"], "application/x-www-form-urlencoded");
  EXPECT_EQ(seen.headers["authorization"], "Basic eDp5");
}

TEST_F(HttpClientTest, ReusesItsConnection) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Get("/").ok());
  EXPECT_EQ(server_->connections(), 1);
  EXPECT_EQ(server_->requests(), 5);
}

TEST_F(HttpClientTest, DoesNotFollowARedirect) {
  server_->SetHandler([&](const HttpsRequest&) {
    return HttpsReply{.status = 302, .headers = {{"Location", server_->Url("/elsewhere")}}};
  });
  const absl::StatusOr<HttpResponse> response = Get("/");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(server_->requests(), 1);
}

TEST_F(HttpClientTest, RefusesUrlsThatAreNotHttps) {
  for (const std::string& url :
       {std::string("http://localhost:1/secret-path"), std::string("file:///etc/passwd"),
        std::string("https://user:hunter2@localhost/"), std::string()}) {
    const absl::Status status = client_->SendAndWait({.url = url}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
  }
}

TEST_F(HttpClientTest, RefusesHeadersWithALineBreak) {
  EXPECT_EQ(client_->SendAndWait({.url = server_->Url("/"), .headers = {{"a", "b\r\nc: d"}}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(server_->requests(), 0);
}

TEST_F(HttpClientTest, GivesUpASilentServer) {
  server_->SetHandler([](const HttpsRequest&) { return HttpsReply{.hang = true}; });
  const absl::Status status =
      client_->SendAndWait({.url = server_->Url("/"), .timeout = absl::Milliseconds(100)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("localhost:"));
}

TEST_F(HttpClientTest, StopsReadingWhatIsTooLong) {
  client_ = Client({.max_response_bytes = 1000});
  server_->SetHandler(
      [](const HttpsRequest&) { return HttpsReply{.filler_bytes = uint64_t{100} << 20}; });
  EXPECT_EQ(Get("/").status().code(), absl::StatusCode::kResourceExhausted);
  server_->SetHandler([](const HttpsRequest&) { return HttpsReply{.filler_bytes = 1001}; });
  EXPECT_EQ(Get("/").status().code(), absl::StatusCode::kResourceExhausted);
  server_->SetHandler([](const HttpsRequest&) { return HttpsReply{.filler_bytes = 1000}; });
  EXPECT_TRUE(Get("/").ok());
}

TEST_F(HttpClientTest, StopsReadingWhatIsTooLongAndOfUnknownLength) {
  client_ = Client({.max_response_bytes = 1000});
  server_->SetHandler([](const HttpsRequest&) {
    return HttpsReply{.headers = {{"Transfer-Encoding", "chunked"}},
                      .body = "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n"};
  });
  EXPECT_EQ(Get("/").status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpClientTest, StopsReadingHeadersThatAreTooLong) {
  server_->SetHandler([](const HttpsRequest&) {
    HttpsReply reply;
    for (int i = 0; i < 100; ++i) reply.headers.emplace_back("x", std::string(1000, 'x'));
    return reply;
  });
  EXPECT_EQ(Get("/").status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpClientTest, RefusesCertificatesThatItDoesNotTrust) {
  const testing::CertificateAuthority other("Other CA");
  const absl::Time now = absl::Now();
  const testing::Certificate wrong[] = {
      testing::LocalhostCertificate(other),
      ca_.Issue({.dns_sans = {"elsewhere.example"}}),
      ca_.Issue({.dns_sans = {"localhost"},
                 .not_before = now - absl::Hours(2),
                 .not_after = now - absl::Hours(1)}),
  };
  for (const testing::Certificate& certificate : wrong) {
    server_->SetCertificate(certificate);
    const absl::Status status = client_->SendAndWait({.url = server_->Url("/secret")}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr("certificate is not trusted"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("/secret")));
  }
  EXPECT_EQ(server_->requests(), 0);
}

TEST_F(HttpClientTest, TrustsNoOtherCaThanTheConfiguredOne) {
  // Without a file the machine's own store counts, which does not have the test's CA.
  absl::StatusOr<std::unique_ptr<HttpClient>> client = HttpClient::Create({});
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->SendAndWait({.url = server_->Url("/")}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, RefusesOldTlsAndNoTls) {
  HttpsServer old(
      {.certificate = testing::LocalhostCertificate(ca_), .max_tls_version = TLS1_1_VERSION},
      [](const HttpsRequest&) { return HttpsReply{}; });
  EXPECT_EQ(client_->SendAndWait({.url = old.Url("/")}).status().code(),
            absl::StatusCode::kUnavailable);
  HttpsServer plain({.plain = true}, [](const HttpsRequest&) { return HttpsReply{}; });
  const std::string port = plain.Url("/").substr(std::string("http").size());
  EXPECT_EQ(client_->SendAndWait({.url = "https" + port}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(old.requests() + plain.requests(), 0);
}

TEST_F(HttpClientTest, IgnoresTheEnvironmentsProxy) {
  ASSERT_EQ(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
  ASSERT_EQ(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
  EXPECT_TRUE(Client({})->SendAndWait({.url = server_->Url("/")}).ok());
  unsetenv("https_proxy");
  unsetenv("all_proxy");
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  server_->Stop();
  const absl::Status status = Get("/").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("localhost:"));
  server_->Restart();
  EXPECT_TRUE(Get("/").ok());
}

TEST_F(HttpClientTest, SurvivesAServerThatHangsUp) {
  server_->SetHandler([](const HttpsRequest&) { return HttpsReply{.hang_up = true}; });
  EXPECT_EQ(Get("/").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, DestructionCancelsWhatIsUnderWay) {
  server_->SetHandler([](const HttpsRequest&) { return HttpsReply{.hang = true}; });
  constexpr int kRequests = 20;  // more than connections: some have not begun
  std::vector<std::atomic<int>> called(kRequests);
  std::atomic<int> cancelled{0};
  for (int i = 0; i < kRequests; ++i) {
    client_->Send({.url = server_->Url("/")}, [&, i](const absl::StatusOr<HttpResponse>& response) {
      ++called[static_cast<size_t>(i)];
      if (response.status().code() == absl::StatusCode::kCancelled) ++cancelled;
    });
  }
  client_.reset();
  for (const std::atomic<int>& count : called) EXPECT_EQ(count, 1);
  EXPECT_EQ(cancelled, kRequests);
}

TEST_F(HttpClientTest, CallbacksMaySendAgainButNotWait) {
  absl::Notification done;
  absl::Status waited;
  client_->Send({.url = server_->Url("/")}, [&](const absl::StatusOr<HttpResponse>&) {
    waited = client_->SendAndWait({.url = server_->Url("/")}).status();
    client_->Send({.url = server_->Url("/")},
                  [&](const absl::StatusOr<HttpResponse>&) { done.Notify(); });
  });
  done.WaitForNotification();
  EXPECT_EQ(waited.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(HttpClientTest, AnswersManyAtTheSameTime) {
  constexpr int kRequests = 100;
  absl::BlockingCounter left(kRequests);
  std::atomic<int> good{0};
  for (int i = 0; i < kRequests; ++i) {
    client_->Send({.url = server_->Url("/")}, [&](const absl::StatusOr<HttpResponse>& response) {
      if (response.ok() && response->body == "hello") ++good;
      left.DecrementCount();
    });
  }
  left.Wait();
  EXPECT_EQ(good, kRequests);
  EXPECT_LE(server_->connections(), 16);
}

TEST_F(HttpClientTest, ChecksItsOptions) {
  EXPECT_EQ(HttpClient::Create({.timeout = absl::ZeroDuration()}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HttpClient::Create({.max_response_bytes = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
  for (const std::string& file : {Write("bad.crt", "nothing"), std::string("/nowhere/ca.crt")}) {
    const absl::Status status = HttpClient::Create({.ca_file = file}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(file));
  }
}

}  // namespace
}  // namespace warden
