// The admin port of a real server: what it shows, to whom, and what readiness hangs on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/world.h"
#include "tests/support/http_ask.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AdminTest : public ::testing::Test {
 protected:
  // `admin` in YAML's flow style, after the address.
  void Start(const std::string& admin = "", const std::string& more = "",
             std::vector<std::pair<std::string, std::string>> edit = {}) {
    Make(admin, more, std::move(edit));
    const absl::Status started = world_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void Make(const std::string& admin, const std::string& more = "",
            std::vector<std::pair<std::string, std::string>> edit = {}) {
    world_.emplace(
        WorldOptions{.extra_config = absl::StrCat("admin: {address: '127.0.0.1:0'",
                                                  admin.empty() ? "" : ", ", admin, "}\n", more),
                     .edit_config = std::move(edit)});
  }
  HttpReply Get(const std::string& path, HttpAsk ask = {}) {
    ask.port = world_->server().admin_port();
    ask.path = path;
    return AskHttp(ask);
  }
  nlohmann::json Ready() { return nlohmann::json::parse(Get("/readyz").body); }
  // The state of a check; "" where it is not there.
  std::string State(const std::string& name) {
    const nlohmann::json ready = Ready();
    for (const auto& check : ready["checks"]) {
      if (check["name"] == name) return check["state"];
    }
    return "";
  }
  Answer Call() {
    return Perform(world_->channel(), World::Call("Unary", world_->Token("alice", {"caller"})));
  }

  std::optional<World> world_;
};

TEST_F(AdminTest, ShowsMetricsHealthAndNothingElse) {
  Start();
  EXPECT_TRUE(Call().ok());
  EXPECT_EQ(Get("/healthz").status, 200);
  const HttpReply metrics = Get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, HasSubstr("\nwarden_ready 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("\nwarden_health_check{check=\"policy\"} 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("warden_decisions_total{method=\"/warden.testing.v1.Probe/"
                                      "Unary\",reason=\"ok\"} 1\n"));
  EXPECT_EQ(metrics.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  // The plain port has the same.
  EXPECT_EQ(world_->Metrics().at("warden_ready"), 1);
  EXPECT_GE(world_->Metrics().at("warden_admin_requests_total{page=\"metrics\",result=\"ok\"}"), 1);
  const nlohmann::json ready = Ready();
  EXPECT_EQ(ready["ready"], true);
  for (const char* check : {"serving", "policy", "files", "key_sets", "certificate"}) {
    EXPECT_EQ(State(check), "ok") << check;
  }
  EXPECT_EQ(Get("/debug/policy").status, 404) << "it is off";
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("/metrics", {.headers = {{"Host", "evil.example"}}}).status, 421);
}

TEST_F(AdminTest, ShowsThePolicyInForce) {
  Start("debug_policy: true", "policy: {reload_interval: 100ms}\n");
  const nlohmann::json matrix = nlohmann::json::parse(Get("/debug/policy?format=json").body);
  EXPECT_THAT(matrix["roles"].dump(), HasSubstr("\"auditor\""));
  bool found = false;
  for (const auto& method : matrix["methods"]) {
    if (method["method"] != "/warden.testing.v1.Probe/Restricted") continue;
    found = true;
    EXPECT_EQ(method["roles"].dump(), "[\"admin\"]");
    EXPECT_EQ(method["anonymous"], false);
  }
  EXPECT_TRUE(found);
  const HttpReply html = Get("/debug/policy");
  EXPECT_THAT(html.body, HasSubstr("/warden.testing.v1.Probe/Restricted"));
  EXPECT_THAT(html.Header("content-security-policy"), HasSubstr("style-src 'sha256-"));
  // It follows the file.
  world_->Write("policy.yaml", R"(
roles:
  newcomer: {permissions: [probe.call, probe.admin, probe.audit]}
bindings:
  - roles: [newcomer]
    claim: {path: roles, values: [caller]}
)");
  EXPECT_TRUE(Eventually(
      [&] { return Get("/debug/policy?format=json").body.find("newcomer") != std::string::npos; }));
}

TEST_F(AdminTest, ATokenAndTlsGuardIt) {
  Make(
      "certificate_file: server.crt, private_key_file: server.key, "
      "bearer_token_file: admin.token, debug_policy: true");
  world_->Write("admin.token", "a-token-of-operators\n");
  ASSERT_TRUE(world_->Start().ok());
  const std::string ca = world_->authority().certificate_pem();
  const auto with = [&](const std::string& token) {
    return HttpAsk{.headers = {{"Authorization", "Bearer " + token}}, .ca_pem = ca};
  };
  for (const char* path : {"/metrics", "/debug/policy"}) {
    EXPECT_EQ(Get(path, {.ca_pem = ca}).status, 401);
    EXPECT_EQ(Get(path, with("a-token-of-operatorS")).status, 401);
    EXPECT_EQ(Get(path, with("a-token-of-operators")).status, 200);
  }
  const HttpReply refused = Get("/metrics", {.ca_pem = ca});
  EXPECT_EQ(refused.Header("www-authenticate"), "Bearer realm=\"warden\"");
  EXPECT_THAT(refused.all, Not(HasSubstr("warden_decisions")));
  EXPECT_EQ(Get("/healthz", {.ca_pem = ca}).status, 200);
  const HttpReply ready = Get("/readyz", {.ca_pem = ca});
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, Not(HasSubstr("detail"))) << "the certificate's end is for operators";
  EXPECT_THAT(Get("/readyz", with("a-token-of-operators")).body, HasSubstr("detail"));
  // The World looks at certificates each second.
  world_->Write("admin.token", "the-next-token-of-operators");
  EXPECT_TRUE(Eventually(
      [&] { return Get("/metrics", with("the-next-token-of-operators")).status == 200; }));
  EXPECT_EQ(Get("/metrics", with("a-token-of-operators")).status, 401);
}

TEST_F(AdminTest, ClientCertificatesGuardIt) {
  Start("certificate_file: server.crt, private_key_file: server.key, client_ca_file: ca.crt");
  const std::string ca = world_->authority().certificate_pem();
  const Certificate prometheus = world_->Identity("spiffe://probe.test/prometheus");
  EXPECT_EQ(Get("/metrics", {.ca_pem = ca, .identity = &prometheus}).status, 200);
  EXPECT_EQ(Get("/metrics", {.ca_pem = ca}).status, 0);
  const Certificate foreign = CertificateAuthority("Probe CA").Issue({.common_name = "x"});
  EXPECT_EQ(Get("/metrics", {.ca_pem = ca, .identity = &foreign}).status, 0);
}

TEST(AdminStart, ProblemsAreNamedWithTheirPlace) {
  World open({.extra_config = "admin:\n  address: 0.0.0.0:0\n"});
  const absl::Status started = open.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(started.message()), HasSubstr("warden.yaml:"));
  EXPECT_THAT(std::string(started.message()), HasSubstr("admin.address: is not a loopback"));
  EXPECT_THAT(std::string(started.message()), HasSubstr("bearer_token_file"));
  World weak(
      {.extra_config = "admin:\n  address: 127.0.0.1:0\n  bearer_token_file: admin.token\n"});
  weak.Write("admin.token", "hunter2");
  const std::string message(weak.Start().message());
  EXPECT_THAT(message, HasSubstr("at least 16"));
  EXPECT_THAT(message, Not(HasSubstr("hunter2")));
}

TEST_F(AdminTest, APolicyThatCannotBeReloadedDegrades) {
  Start("", "policy: {reload_interval: 100ms}\n");
  EXPECT_EQ(State("policy"), "ok");
  std::filesystem::rename(world_->folder() / "policy.yaml", world_->folder() / "good.yaml");
  world_->Write("policy.yaml", "roles: [");
  EXPECT_TRUE(Eventually([&] { return State("policy") == "degraded"; }));
  EXPECT_EQ(Get("/readyz").status, 200) << "the last good one decides";
  EXPECT_TRUE(Call().ok());
  EXPECT_EQ(world_->Metrics().at("warden_health_check{check=\"policy\"}"), 0.5);
  std::filesystem::rename(world_->folder() / "good.yaml", world_->folder() / "policy.yaml");
  EXPECT_TRUE(Eventually([&] { return State("policy") == "ok"; }));
}

TEST_F(AdminTest, KeysThatAreTooOldMakeItNotReady) {
  Start("", "",
        {{"jwks_file: jwks.json",
          "jwks_file: jwks.json\n      refresh: {min_interval: 100ms, max_age: 500ms}"}});
  EXPECT_EQ(State("key_sets"), "ok");
  std::filesystem::rename(world_->folder() / "jwks.json", world_->folder() / "away.json");
  EXPECT_TRUE(Eventually([&] { return Get("/readyz").status == 503; }));
  EXPECT_EQ(State("key_sets"), "failed");
  EXPECT_EQ(world_->Metrics().at("warden_ready"), 0);
  EXPECT_EQ(Get("/healthz").status, 200) << "a restart would not help";
  std::filesystem::rename(world_->folder() / "away.json", world_->folder() / "jwks.json");
  EXPECT_TRUE(Eventually([&] { return Get("/readyz").status == 200; }));
}

#ifdef WARDEN_WITH_REDIS
TEST_F(AdminTest, AStoreOutOfReachCountsByOnOutage) {
  const std::string redis =
      "  redis: {address: '127.0.0.1:1', poll_interval: 10ms}\n  outage_grace: 20ms\n";
  Start("", absl::StrCat("revocation:\n", redis, "  on_outage: FAIL_CLOSED\n"));
  EXPECT_TRUE(Eventually([&] { return State("revocations") == "failed"; }));
  EXPECT_EQ(Get("/readyz").status, 503);
  Start("", absl::StrCat("revocation:\n", redis, "  on_outage: FAIL_OPEN\n"));
  EXPECT_TRUE(Eventually([&] { return State("revocations") == "degraded"; }));
  EXPECT_EQ(Get("/readyz").status, 200);
}
#endif

TEST_F(AdminTest, ACheckOfAnotherPartCounts) {
  Start();
  std::atomic<bool> well{true};
  world_->server().guard().health()->Add("audit", [&]() -> HealthFinding {
    return {well ? HealthState::kOk : HealthState::kFailed, "the disk is full"};
  });
  EXPECT_EQ(State("audit"), "ok");
  well = false;
  EXPECT_EQ(Get("/readyz").status, 503);
}

// Methods, tokens, peers, keys and metadata that callers make up: the same series as before.
TEST_F(AdminTest, HostileCallsAddNoSeries) {
  Start();
  const std::string token = world_->Token("alice", {"caller"});
  const auto flood = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) {
      const std::string id = absl::StrCat("evil-", i);
      RawCall unknown = World::Call("Unary", token);
      unknown.method = absl::StrCat("/", id, ".Service/", id);
      Perform(world_->channel(), unknown);
      RawCall forged = World::Call(
          "Unary", world_->Token(id, {id}, [&](nlohmann::json& claims) { claims["iss"] = id; }));
      forged.metadata.emplace_back(id, id);
      Perform(world_->channel(), forged);
      const std::string header = absl::StrCat(R"({"alg":")", id, R"(","kid":")", id, R"("})");
      Perform(world_->channel(),
              World::Call("Unary", absl::WebSafeBase64Escape(header) + ".e30.e30"));
      RawCall key = World::Call("Unary", "");
      key.metadata.emplace_back("x-api-key", id);
      Perform(world_->channel(), key);
      if (i % 10 != 0) continue;
      const Certificate identity = world_->Identity("spiffe://probe.test/" + id);
      Perform(world_->Connect(&identity), World::Call("Unary", token));
    }
  };
  flood(0, 10);  // what can happen has happened
  const size_t before = world_->Metrics().size();
  flood(10, 150);
  const std::map<std::string, double> after = world_->Metrics();
  EXPECT_EQ(after.size(), before);
  for (const auto& [series, value] : after) EXPECT_THAT(series, Not(HasSubstr("evil")));
}

// Clients that send a byte now and then, and a flood of scrapes, while calls are served.
TEST_F(AdminTest, SlowAndManyClientsHurtNoCalls) {
  Start();
  std::vector<OpenSocket> slow;
  for (int i = 0; i < 100; ++i) {
    slow.emplace_back(world_->server().admin_port());
    slow.back().Send("GET /metrics HTTP/1.1\r\nX");
  }
  std::atomic<bool> stop{false};
  std::atomic<int> scrapes{0};
  std::vector<std::thread> scrapers;
  for (int t = 0; t < 2; ++t) {
    scrapers.emplace_back([&] {
      while (!stop) {
        Get("/metrics");
        ++scrapes;
      }
    });
  }
  const int runs = world_->runs();
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(Call().ok());
    if (i % 10 == 0) {
      slow[static_cast<size_t>(i) % slow.size()].Send("x");
    }
  }
  EXPECT_TRUE(Eventually([&] { return scrapes >= 100; }));
  stop = true;
  for (std::thread& scraper : scrapers) scraper.join();
  EXPECT_EQ(world_->runs(), runs + 200);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_GE(
      world_->Metrics().at("warden_admin_requests_total{page=\"metrics\",result=\"limited\"}"), 1);
}

}  // namespace
}  // namespace warden::testing
