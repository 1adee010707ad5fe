// Against an authorization server on loopback.
#include "interceptors/introspection/introspector.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/https_server.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::warden::testing::HttpsReply;
using ::warden::testing::HttpsRequest;
using ::warden::testing::HttpsServer;

class IntrospectorTest : public ::testing::Test {
 protected:
  IntrospectorTest()
      : server_({.certificate = ::warden::testing::LocalhostCertificate(authority_)},
                [](const HttpsRequest&) {
                  return HttpsReply{.body = R"({"active":true,"aud":"orders","sub":"alice"})"};
                }) {
    options_.url = server_.Url("/introspect");
    options_.authorization = Introspector::BasicAuthorization("orders service", "s:cret");
    options_.rules = {.issuer = "https://auth.example", .audiences = {"orders"}};
    ca_file_ = absl::StrCat(::testing::TempDir(), "/introspector-ca-", getpid(), ".crt");
    FILE* file = fopen(ca_file_.c_str(), "w");
    fputs(authority_.certificate_pem().c_str(), file);
    fclose(file);
  }
  ~IntrospectorTest() override { remove(ca_file_.c_str()); }

  std::unique_ptr<Introspector> Make() {
    HttpClientOptions http;
    http.ca_file = ca_file_;
    http.timeout = absl::Seconds(2);
    return std::make_unique<Introspector>(options_, HttpClient::Create(http).value(),
                                          [this] { return now_; });
  }
  TokenResult Ask(Introspector& introspector, const std::string& token) {
    if (auto known = introspector.Find(token, now_)) return *known;
    const auto pending = introspector.Ask(token, now_);
    pending->Wait();
    return pending->Take();
  }

  ::warden::testing::CertificateAuthority authority_{"Introspection CA"};
  HttpsServer server_;
  IntrospectorOptions options_;
  std::string ca_file_;
  absl::Time now_ = absl::Now();
};

TEST_F(IntrospectorTest, AsksAsTheSpecificationSays) {
  HttpsRequest seen;
  server_.SetHandler([&seen](const HttpsRequest& request) {
    seen = request;
    return HttpsReply{.body = R"({"active":true,"aud":"orders","sub":"alice"})"};
  });
  const auto introspector = Make();
  const TokenResult result = Ask(*introspector, "opaque+token/1");
  ASSERT_NE(result.token, nullptr) << result.detail;
  EXPECT_EQ(result.token->subject(), "alice");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/introspect");
  EXPECT_EQ(seen.body, "token=opaque%2Btoken%2F1&token_type_hint=access_token");
  // RFC 6749 section 2.3.1: both parts are form-encoded first.
  EXPECT_EQ(seen.headers["authorization"], "Basic b3JkZXJzK3NlcnZpY2U6cyUzQWNyZXQ=");
  EXPECT_EQ(seen.headers["content-type"], "application/x-www-form-urlencoded");
}

TEST_F(IntrospectorTest, RemembersGoodAndBadAnswersForTheirTime) {
  const auto introspector = Make();
  for (int i = 0; i < 3; ++i) EXPECT_NE(Ask(*introspector, "t").token, nullptr);
  EXPECT_EQ(server_.requests(), 1);
  now_ += options_.cache_ttl;
  server_.SetHandler([](const HttpsRequest&) { return HttpsReply{.body = R"({"active":false})"}; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(*introspector, "t").refusal, TokenRefusal::kInactive);
  EXPECT_EQ(server_.requests(), 2);
  now_ += options_.negative_cache_ttl;
  Ask(*introspector, "t");
  EXPECT_EQ(server_.requests(), 3);
}

TEST_F(IntrospectorTest, CallsWithOneTokenShareAQuestion) {
  std::atomic<bool> go = false;
  server_.SetHandler([&go](const HttpsRequest&) {
    while (!go) absl::SleepFor(absl::Milliseconds(1));
    return HttpsReply{.body = R"({"active":true,"aud":"orders"})"};
  });
  const auto introspector = Make();
  std::vector<std::shared_ptr<PendingToken>> pending;
  for (int i = 0; i < 100; ++i) pending.push_back(introspector->Ask("t", now_));
  go = true;
  for (const auto& one : pending) {
    one->Wait();
    EXPECT_NE(one->Take().token, nullptr);
  }
  EXPECT_EQ(server_.requests(), 1);
}

TEST_F(IntrospectorTest, FaultsOfTheServerRefuseAndAreNotRemembered) {
  const auto introspector = Make();
  const std::vector<HttpsReply> faults = {{.status = 500},
                                          {.status = 401, .body = R"({"active":true})"},
                                          {.status = 302, .headers = {{"Location", "/x"}}},
                                          {.body = "<html>login</html>"},
                                          {.body = ""},
                                          {.body = R"({"active":"yes"})"},
                                          {.filler_bytes = 100'000'000},
                                          {.hang_up = true}};
  for (const HttpsReply& fault : faults) {
    server_.SetHandler([&fault](const HttpsRequest&) { return fault; });
    const TokenResult result = Ask(*introspector, "secret-token");
    EXPECT_EQ(result.refusal, TokenRefusal::kUnavailable);
    EXPECT_EQ(result.token, nullptr);
    EXPECT_THAT(result.detail, Not(HasSubstr("secret-token")));
    server_.SetHandler([](const HttpsRequest&) {
      return HttpsReply{.body = R"({"active":true,"aud":"orders"})"};
    });
    EXPECT_NE(Ask(*introspector, absl::StrCat("other", &fault - faults.data())).token, nullptr);
  }
  EXPECT_EQ(introspector->counts().failed, faults.size());
}

TEST_F(IntrospectorTest, AServerThatFailsIsLeftAloneForAWhile) {
  options_.breaker_failures = 3;
  const auto introspector = Make();
  server_.SetHandler([](const HttpsRequest&) { return HttpsReply{.status = 503}; });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Ask(*introspector, absl::StrCat(i)).refusal, TokenRefusal::kUnavailable);
  }
  EXPECT_EQ(server_.requests(), 3);
  EXPECT_EQ(introspector->counts().refused, 17u);
  EXPECT_TRUE(introspector->breaker_open());
  server_.SetHandler(
      [](const HttpsRequest&) { return HttpsReply{.body = R"({"active":true,"aud":"orders"})"}; });
  now_ += options_.breaker_pause;
  EXPECT_NE(Ask(*introspector, "t").token, nullptr);
  EXPECT_FALSE(introspector->breaker_open());
}

TEST_F(IntrospectorTest, QuestionsUnderWayAreBoundedAndAnsweredAtTheEnd) {
  options_.max_in_flight = 4;
  server_.SetHandler([](const HttpsRequest&) { return HttpsReply{.hang = true}; });
  auto introspector = Make();
  std::vector<std::shared_ptr<PendingToken>> pending;
  for (int i = 0; i < 10; ++i) pending.push_back(introspector->Ask(absl::StrCat(i), now_));
  EXPECT_EQ(introspector->counts().refused, 6u);
  introspector.reset();  // does not wait for the server
  for (const auto& one : pending) {
    one->Wait();
    EXPECT_EQ(one->Take().refusal, TokenRefusal::kUnavailable);
  }
}

TEST_F(IntrospectorTest, AForeignCertificateIsNotBelieved) {
  ::warden::testing::CertificateAuthority other("Other CA");
  server_.SetCertificate(::warden::testing::LocalhostCertificate(other));
  const auto introspector = Make();
  EXPECT_EQ(Ask(*introspector, "t").refusal, TokenRefusal::kUnavailable);
  EXPECT_EQ(server_.requests(), 0);
}

}  // namespace
}  // namespace warden
