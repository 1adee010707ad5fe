// Opaque tokens, and an authorization server that says what they are.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "interceptors/grpc/call_registry.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "tests/support/https_server.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

const Refused kUnavailable = {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE",
                              "credentials_unavailable"};

class IntrospectionTest : public ::testing::TestWithParam<Api> {
 protected:
  IntrospectionTest()
      : server_({.certificate = LocalhostCertificate(authority_)},
                [this](const HttpsRequest& request) { return Answer(request); }) {}

  void Start(const std::string& more = "", const std::string& timeout = "2s") {
    const std::string introspection = absl::StrCat(
        "tokens:\n  introspection:\n    url: ", server_.Url("/introspect"),
        "\n    client_id: probe\n    client_secret_file: client.secret\n    issuer: ", kIssuer,
        "\n    audiences: [probe]\n", more);
    world_ = std::make_unique<World>(WorldOptions{
        .api = GetParam(),
        .extra_config =
            absl::StrCat("http:\n  ca_file: introspection-ca.crt\n", "  timeout: ", timeout, "\n"),
        .edit_config = {{"tokens:\n", introspection}}});
    world_->Write("client.secret", "hunter2\n");
    world_->Write("introspection-ca.crt", authority_.certificate_pem());
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void TearDown() override {
    if (world_ == nullptr) return;
    EXPECT_TRUE(Eventually([] { return CallRegistry::Instance().size() == 0; }));
  }

  // Knows token-NAME as a caller of that name, and says of every other that it is not active.
  HttpsReply Answer(const HttpsRequest& request) {
    while (hold_) absl::SleepFor(absl::Milliseconds(1));
    const std::string prefix = "token=token-";
    if (!absl::StartsWith(request.body, prefix)) return {.body = R"({"active":false})"};
    const std::string name =
        request.body.substr(prefix.size(), request.body.find('&') - prefix.size());
    nlohmann::json answer = World::Claims(name, {"caller"});
    answer["active"] = true;
    return {.body = answer.dump()};
  }
  warden::testing::Answer Send(const std::string& method, const std::string& token) {
    return Perform(world_->channel(), World::Call(method, token));
  }
  void ExpectRefused(const std::string& method, const std::string& token, const Refused& as) {
    const Counted counted(*world_);
    counted.ExpectRefused(method, Send(method, token), as);
  }
  void ExpectAllowed(const std::string& method, const std::string& token) {
    const Counted counted(*world_);
    counted.ExpectAllowed(method, Send(method, token));
  }

  CertificateAuthority authority_{"Introspection CA"};
  std::atomic<bool> hold_ = false;
  HttpsServer server_;
  std::unique_ptr<World> world_;
};

TEST_P(IntrospectionTest, AnActiveTokenIsACallerOnEveryKindOfMethod) {
  Start();
  for (const std::string method : kFourKinds) {
    ExpectAllowed(method, "token-" + method);  // asked about
    ExpectAllowed(method, "token-" + method);  // remembered
    ExpectRefused(method, "made-up-" + method, BadCredentials("token_inactive"));
    ExpectRefused(method, "made-up-" + method, BadCredentials("token_inactive"));
  }
  EXPECT_EQ(server_.requests(), 8);
  v1::ProbeReply reply;
  ASSERT_TRUE(reply.ParseFromString(Send("Unary", "token-bob").replies.at(0)));
  EXPECT_EQ(reply.caller(), "bob");
  EXPECT_EQ(reply.roles(0), "caller");
  EXPECT_EQ(world_->Metrics().at(
                R"(warden_tokens_verified_total{algorithm="introspected",result="inactive"})"),
            8);
}

TEST_P(IntrospectionTest, TheRestOfTheWayIsAsForAnyToken) {
  Start();
  ExpectRefused("Restricted", "token-carol", kDenied);
  const Counted counted(*world_);
  counted.ExpectRefused("Checked", Send("Checked", "token-carol"), kInvalid);
  const Counted unreadable(*world_);
  RawCall call = World::Call("Unary", "token-dave", "\xff\xff");
  unreadable.ExpectRefused("Unary", Perform(world_->channel(), call), kUnreadable);
}

TEST_P(IntrospectionTest, JwtsAreStillVerifiedHere) {
  Start();
  ExpectAllowed("Unary", world_->Token("alice", {"caller"}));
  ExpectRefused("Unary", "a.b.c", BadCredentials("token_malformed"));
  EXPECT_EQ(server_.requests(), 0);
}

TEST_P(IntrospectionTest, OnlyBearerTokensAreSentOn) {
  Start();
  for (const char* token : {"two words", "semi;colon", "=", "a=b", "quo\"te", "new\\line"}) {
    ExpectRefused("Unary", token, BadCredentials("credentials_malformed"));
  }
  EXPECT_EQ(server_.requests(), 0);
}

TEST_P(IntrospectionTest, AServerThatIsAwayRefuses) {
  Start();
  ExpectAllowed("Unary", "token-alice");
  server_.Stop();
  ExpectAllowed("Unary", "token-alice");  // remembered
  for (const std::string method : kFourKinds) ExpectRefused(method, "token-eve", kUnavailable);
  server_.Restart();
  ExpectAllowed("Unary", "token-frank");
}

TEST_P(IntrospectionTest, AServerThatFailsIsLeftAlone) {
  Start("    breaker_failures: 2\n    breaker_pause: 3600s\n");
  server_.SetHandler([](const HttpsRequest&) { return HttpsReply{.status = 500}; });
  for (int i = 0; i < 10; ++i) ExpectRefused("Unary", "token-alice", kUnavailable);
  EXPECT_EQ(server_.requests(), 2);
  const auto metrics = world_->Metrics();
  EXPECT_EQ(metrics.at("warden_introspection_breaker_open"), 1);
  EXPECT_EQ(metrics.at("warden_introspection_requests_total"), 2);
  EXPECT_EQ(metrics.at("warden_introspection_failures_total"), 2);
  EXPECT_EQ(metrics.at("warden_introspection_not_asked_total"), 8);
}

TEST_P(IntrospectionTest, OtherCallsGoOnWhileManyWait) {
  Start("", "20s");
  hold_ = true;
  std::atomic<int> waiting = 0, allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&, i] {
      const Certificate identity = world_->Identity(absl::StrCat("spiffe://probe.test/w", i));
      const auto channel = world_->Connect(&identity);
      ++waiting;
      const std::string method = kFourKinds[i % 4];
      const auto answer = Perform(channel, World::Call(method, absl::StrCat("token-", i)));
      EXPECT_TRUE(answer.ok()) << method << ": " << answer.Everything();
      allowed += answer.ok() ? 1 : 0;
    });
  }
  EXPECT_TRUE(Eventually([&] { return server_.connections() > 0 && waiting == 24; }));
  const std::string jwt = world_->Token("alice", {"caller"});
  for (int i = 0; i < 50; ++i) {
    for (const std::string method : kFourKinds) EXPECT_TRUE(Send(method, jwt).ok());
  }
  EXPECT_EQ(allowed, 0);
  hold_ = false;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 24);
}

TEST_P(IntrospectionTest, ACallThatIsCancelledWhileItWaitsLeavesNothing) {
  Start("", "20s");
  hold_ = true;
  const auto stub = v1::Probe::NewStub(world_->channel());
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer token-", i));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
    v1::ProbeReply reply;
    EXPECT_FALSE(stub->Unary(&context, v1::ProbeRequest(), &reply).ok());
  }
  hold_ = false;
  EXPECT_TRUE(Eventually([&] { return CallRegistry::Instance().size() == 0; }));
  EXPECT_TRUE(Eventually([&] { return world_->Metrics().at("warden_calls_in_flight") == 0; }));
}

TEST_P(IntrospectionTest, AServerCanBeStoppedWhileCallsWait) {
  Start("", "1s");
  hold_ = true;
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  const auto channel = world_->channel();
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_FALSE(Perform(channel, World::Call("Unary", absl::StrCat("token-", i))).ok());
      ++ended;
    });
  }
  EXPECT_TRUE(Eventually([&] { return server_.connections() > 0; }));
  world_->server().Shutdown(absl::Now());
  for (std::thread& thread : threads) thread.join();
  hold_ = false;
}

TEST_P(IntrospectionTest, MistakesOfConfigurationAreNamed) {
  world_ = std::make_unique<World>(
      WorldOptions{.api = GetParam(),
                   .edit_config = {{"tokens:\n",
                                    "tokens:\n  introspection:\n    url: http://auth.test/x\n"
                                    "    cache_ttl: 100000s\n    client_secret_file: absent\n"}}});
  const absl::Status started = world_->Start();
  ASSERT_FALSE(started.ok());
  for (const char* problem :
       {"tokens.introspection.url", "tokens.introspection.client_id", "tokens.introspection.issuer",
        "tokens.introspection.audiences", "tokens.introspection.cache_ttl"}) {
    EXPECT_THAT(std::string(started.message()), ::testing::HasSubstr(problem));
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, IntrospectionTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
