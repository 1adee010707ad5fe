// Limits that a rate limit service keeps: what it is asked, what its answers do, and what happens
// without them.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/fake_rate_limits.h"
#include "tests/e2e/limited_service.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/limits.grpc.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using v1::LimitedRequest;

// A guarded server that asks a rate limit service.
class Served {
 public:
  // `files` are written beside its configuration.
  Served(Api api, const std::string& limits,
         const std::vector<std::pair<std::string, std::string>>& files = {})
      : service_(MakeServiceLimited(api, &calls_)),
        world_({.api = api,
                .extra_config = "limits:\n" + limits,
                .customize = [this](ServerBuilder& b) { b.RegisterService(service_.get()); }}) {
    for (const auto& [name, text] : files) world_.Write(name, text);
    const absl::Status started = world_.Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
    world_.channel();
  }
  Answer Send(const std::string& method, const std::string& caller, int size = 0,
              const std::string& org = "") {
    LimitedRequest request;
    if (size != 0) request.mutable_page()->set_size(size);
    const std::string token = world_.Token(caller, {"caller"}, [&](nlohmann::json& claims) {
      if (!org.empty()) claims["org"] = org;
    });
    RawCall call = World::Call("", token, request.SerializeAsString());
    call.method = "/warden.testing.v1.ServiceLimited/" + method;
    return Perform(world_.channel(), call);
  }
  // How many of so many calls were let through; the rest were refused as `reason`.
  int Admitted(int times, const std::string& method, const std::string& caller,
               const std::string& reason = "RATE_LIMITED") {
    const int before = calls_.runs;
    int admitted = 0;
    for (int i = 0; i < times; ++i) {
      const Answer answer = Send(method, caller);
      if (answer.ok()) {
        ++admitted;
      } else {
        EXPECT_EQ(answer.reason, reason) << answer.text;
      }
    }
    EXPECT_EQ(calls_.runs - before, admitted);
    return admitted;
  }
  double Metric(const std::string& name) const { return world_.Metrics()[name]; }
  int runs() const { return calls_.runs; }
  RecordingSink& sink() { return world_.sink(); }

 private:
  LimitedCalls calls_;
  std::unique_ptr<grpc::Service> service_;
  World world_;
};

std::string Config(const FakeService& service, const std::string& timeout = "5s",
                   const std::string& more = "") {
  return absl::StrCat("  store_timeout: ", timeout,
                      "\n  service: {address: \"127.0.0.1:", service.port(), "\", domain: shop",
                      more, "}\n");
}

using Entries = std::vector<std::pair<std::string, std::string>>;
Entries EntriesOf(const RateLimitRequest& request, int descriptor) {
  Entries entries;
  for (const auto& entry : request.descriptors(descriptor).entries()) {
    entries.emplace_back(entry.key(), entry.value());
  }
  return entries;
}

void SetStatus(RateLimitResponse* response, RateLimitResponse::Code code, uint32_t left,
               int64_t reset_seconds) {
  auto* const status = response->add_statuses();
  status->set_code(code);
  status->mutable_current_limit()->set_requests_per_unit(100);
  status->set_limit_remaining(left);
  status->mutable_duration_until_reset()->set_seconds(reset_seconds);
}

constexpr char kPath[] = "/warden.testing.v1.ServiceLimited/";

class LimitsServiceTest : public ::testing::TestWithParam<Api> {};

TEST_P(LimitsServiceTest, AsksForEachLimitInItsWords) {
  FakeService service;
  Served served(GetParam(), Config(service));
  EXPECT_EQ(served.Admitted(5, "Open", "alice"), 5) << "what it allows is the service's matter";
  const auto open = service.TakeAsked();
  ASSERT_EQ(open.size(), 5u);
  EXPECT_EQ(open[0].domain(), "shop");
  EXPECT_EQ(open[0].hits_addend(), 1u);
  ASSERT_EQ(open[0].descriptors_size(), 1);
  EXPECT_THAT(EntriesOf(open[0], 0),
              ElementsAre(Pair("limit", absl::StrCat(kPath, "Open")),
                          Pair("principal", "token|https://auth.probe.test|alice")));

  EXPECT_TRUE(served.Send("Closed", "bob", 0, "a|b").ok());
  EXPECT_TRUE(served.Send("Closed", "bob").ok());
  const auto closed = service.TakeAsked();
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_THAT(EntriesOf(closed[0], 0),
              ElementsAre(Pair("limit", "closed"), Pair("peer", "spiffe://probe.test/client"),
                          Pair("tenant", "tenant|https://auth.probe.test|a|b")));
  EXPECT_THAT(EntriesOf(closed[1], 0),
              ElementsAre(Pair("limit", "closed"), Pair("peer", "spiffe://probe.test/client"),
                          Pair("tenant", "token|https://auth.probe.test|bob")));

  const Answer stream = served.Send("Stream", "alice");
  EXPECT_TRUE(stream.ok()) << stream.text;
  EXPECT_EQ(service.TakeAsked().size(), 1u);
  EXPECT_EQ(served.Metric("warden_limit_service_questions_total"), 8);
  EXPECT_EQ(served.Metric("warden_limit_service_errors_total"), 0);
  EXPECT_EQ(served.Metric("warden_limit_service_up"), 1);
}

TEST_P(LimitsServiceTest, WhatCostsDifferentlyIsAskedApart) {
  FakeService service;
  Served served(GetParam(), Config(service));
  EXPECT_EQ(served.Admitted(1, "Several", "alice"), 1);
  std::vector<std::pair<uint32_t, std::vector<Entries>>> asked;
  for (const RateLimitRequest& request : service.TakeAsked()) {
    std::vector<Entries> all;
    for (int i = 0; i < request.descriptors_size(); ++i) all.push_back(EntriesOf(request, i));
    asked.emplace_back(request.hits_addend(), all);
  }
  const std::string method = absl::StrCat(kPath, "Several");
  EXPECT_THAT(asked,
              UnorderedElementsAre(
                  Pair(1u, ElementsAre(Entries{{"limit", method + "[1]"}, {"address", "127.0.0.1"}},
                                       Entries{{"limit", method + "[2]"}})),
                  Pair(5u, ElementsAre(Entries{{"limit", "dear"}}))));
  // One that is over is enough, and what this process keeps is given back then.
  service.Answer([](const RateLimitRequest& request, RateLimitResponse* response) {
    response->set_overall_code(request.hits_addend() == 5 ? RateLimitResponse::OVER_LIMIT
                                                          : RateLimitResponse::OK);
  });
  EXPECT_EQ(served.Admitted(10, "Several", "alice"), 0);
  service.AnswerWith(RateLimitResponse::OK);
  EXPECT_EQ(served.Admitted(5, "Several", "alice"), 3) << "of the four that this process keeps";
}

TEST_P(LimitsServiceTest, WhatCostsByTheBodyIsAskedOnceItIsThere) {
  FakeService service;
  Served served(GetParam(), Config(service));
  EXPECT_TRUE(served.Send("ByField", "alice", 7).ok());
  auto asked = service.TakeAsked();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].hits_addend(), 7u);
  service.AnswerWith(RateLimitResponse::OVER_LIMIT);
  EXPECT_EQ(served.Send("ByField", "alice", 7).reason, "RATE_LIMITED");
  EXPECT_EQ(served.runs(), 1);
}

TEST_P(LimitsServiceTest, OverTheLimitIsRefusedUntilTheServiceSays) {
  FakeService service;
  Served served(GetParam(), Config(service, "5s"));
  service.Answer([](const RateLimitRequest&, RateLimitResponse* response) {
    response->set_overall_code(RateLimitResponse::OVER_LIMIT);
    SetStatus(response, RateLimitResponse::OVER_LIMIT, 0, 42);
    response->set_raw_body("not for clients");
  });
  for (const char* method : {"Open", "Closed", "Stream"}) {
    const Answer refused = served.Send(method, "alice");
    EXPECT_EQ(refused.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(refused.reason, "RATE_LIMITED");
    EXPECT_TRUE(refused.has_retry_info);
    EXPECT_EQ(refused.retry_after, absl::Seconds(42));
    EXPECT_EQ(refused.Trailer("ratelimit-remaining"), "0");
    EXPECT_EQ(refused.Trailer("ratelimit-reset"), "42");
    EXPECT_EQ(refused.Trailer("ratelimit-limit"), "");
    EXPECT_EQ(refused.text.find("not for clients"), std::string::npos);
  }
  service.AnswerWith(RateLimitResponse::OVER_LIMIT);  // and no word of when
  const Answer refused = served.Send("Open", "alice");
  EXPECT_EQ(refused.reason, "RATE_LIMITED");
  EXPECT_FALSE(refused.has_retry_info);
  EXPECT_EQ(served.runs(), 0);
  // What it says overall counts, as when it only watches its limits.
  service.Answer([](const RateLimitRequest&, RateLimitResponse* response) {
    response->set_overall_code(RateLimitResponse::OK);
    SetStatus(response, RateLimitResponse::OVER_LIMIT, 0, 42);
  });
  EXPECT_EQ(served.Admitted(2, "Closed", "alice"), 2);
  // Absurd answers do no harm.
  service.Answer([](const RateLimitRequest&, RateLimitResponse* response) {
    response->set_overall_code(RateLimitResponse::OVER_LIMIT);
    SetStatus(response, RateLimitResponse::OVER_LIMIT, 0, -5);
    SetStatus(response, RateLimitResponse::OK, 7, std::numeric_limits<int64_t>::max());
  });
  EXPECT_EQ(served.Admitted(2, "Open", "alice"), 0);
}

// UNKNOWN, what the protocol does not have, and too much are no answers.
TEST_P(LimitsServiceTest, WhatIsNoAnswerIsAnOutage) {
  FakeService service;
  Served served(GetParam(), Config(service));
  const FakeService::Handler no_answers[] = {
      [](const RateLimitRequest&, RateLimitResponse*) {},
      [](const RateLimitRequest&, RateLimitResponse* response) {
        response->set_overall_code(static_cast<RateLimitResponse::Code>(7));
      },
      [](const RateLimitRequest&, RateLimitResponse* response) {
        response->set_overall_code(RateLimitResponse::OK);
        response->set_raw_body(std::string(100000, 'x'));
      }};
  int n = 0;
  for (const FakeService::Handler& handler : no_answers) {
    service.Answer(handler);
    EXPECT_EQ(served.Admitted(3, "Closed", "alice", "UNAVAILABLE"), 0);
    EXPECT_EQ(served.Admitted(2, "Stream", "alice", "UNAVAILABLE"), 0);
    EXPECT_EQ(served.Admitted(5, "Open", absl::StrCat("caller-", ++n)), 3) << "kept here";
    EXPECT_EQ(served.Metric("warden_limit_service_up"), 0);
  }
  EXPECT_EQ(served.Metric("warden_limit_service_errors_total"), 30);
  EXPECT_EQ(served.Metric("warden_limit_store_outage_calls_total{result=\"refused\"}"), 15);
  EXPECT_EQ(served.Metric("warden_limit_store_outage_calls_total{result=\"local\"}"), 15);
  EXPECT_THAT(served.sink().all(), HasSubstr("rate limit service: overall code 0"));
  service.AnswerWith(RateLimitResponse::OK);
  EXPECT_EQ(served.Admitted(3, "Closed", "alice"), 3);
  EXPECT_EQ(served.Metric("warden_limit_service_up"), 1);
}

TEST_P(LimitsServiceTest, SlowAndGoneAreOutagesAndEnd) {
  FakeService service;
  Served served(GetParam(), Config(service, "300ms"));
  for (const bool slow : {true, false}) {
    slow ? service.Hold(true) : service.Stop();
    EXPECT_EQ(served.Admitted(2, "Closed", "alice", "UNAVAILABLE"), 0);
    EXPECT_EQ(served.Admitted(4, "Open", slow ? "slow" : "gone"), 3);
    slow ? service.Hold(false) : service.Start();
    EXPECT_TRUE(Eventually([&] { return served.Send("Closed", "alice").ok(); }));
  }
}

// Where the service wants a certificate, and only where it shows a good one itself.
TEST_P(LimitsServiceTest, WithTlsBothSidesAreSure) {
  const CertificateAuthority authority, other;
  const Certificate server = authority.Issue({.ip_sans = {"127.0.0.1"}});
  const Certificate client = authority.Issue({.uri_sans = {"spiffe://probe.test/guarded"}});
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = authority.certificate_pem();
  tls.pem_key_cert_pairs.push_back({server.private_key_pem, server.certificate_pem});
  FakeService service(grpc::SslServerCredentials(tls));
  const std::vector<std::pair<std::string, std::string>> files = {
      {"rls-ca.crt", authority.certificate_pem()},
      {"rls-other.crt", other.certificate_pem()},
      {"rls.crt", client.certificate_pem},
      {"rls.key", client.private_key_pem}};
  const std::string identity = ", certificate_file: rls.crt, private_key_file: rls.key";
  {
    Served served(GetParam(), Config(service, "5s", ", ca_file: rls-ca.crt" + identity), files);
    EXPECT_EQ(served.Admitted(2, "Closed", "alice"), 2);
    EXPECT_EQ(service.peer_identity(), "spiffe://probe.test/guarded");
    EXPECT_EQ(service.TakeAsked().size(), 2u);
  }
  for (const std::string& more : {std::string(), ", ca_file: rls-other.crt" + identity,
                                  std::string(", ca_file: rls-ca.crt")}) {
    Served served(GetParam(), Config(service, "1s", more), files);
    EXPECT_EQ(served.Admitted(1, "Closed", "alice", "UNAVAILABLE"), 0) << more;
  }
  // Its certificate is for another name.
  const Certificate wrong = authority.Issue({.ip_sans = {"127.0.0.9"}});
  tls.pem_key_cert_pairs = {{wrong.private_key_pem, wrong.certificate_pem}};
  FakeService impostor(grpc::SslServerCredentials(tls));
  Served served(GetParam(), Config(impostor, "1s", ", ca_file: rls-ca.crt" + identity), files);
  EXPECT_EQ(served.Admitted(1, "Closed", "alice", "UNAVAILABLE"), 0);
  EXPECT_TRUE(service.TakeAsked().empty());
  EXPECT_TRUE(impostor.TakeAsked().empty());
}

TEST(LimitsServiceStartTest, WhatIsMissingOrWrongStopsTheStart) {
  LimitedCalls calls;
  const auto start = [&](const std::string& config) {
    const auto service = MakeServiceLimited(Api::kSync, &calls);
    World world({.extra_config = config, .customize = [&](ServerBuilder& builder) {
                   builder.RegisterService(service.get());
                 }});
    return std::string(world.Start().message());
  };
  EXPECT_THAT(start(""), HasSubstr("ServiceLimited.Open: rate_limit: store: SERVICE needs "
                                   "limits.service in the configuration"));
  const std::string error = start(
      "limits:\n  service: {address: \"xds:///shop\", certificate_file: none.crt}\n"
      "  store_timeout: 11s\n");
  EXPECT_THAT(error, HasSubstr("limits.service.address: must be HOST:PORT"));
  EXPECT_THAT(error, HasSubstr("limits.service.domain: is required"));
  EXPECT_THAT(error, HasSubstr("limits.service.certificate_file: needs ca_file"));
  EXPECT_THAT(error, HasSubstr("limits.service.certificate_file: certificate_file and "));
  EXPECT_THAT(error, HasSubstr("none.crt"));
  EXPECT_THAT(error, HasSubstr("limits.store_timeout: must be from 1ms to 10s"));
  EXPECT_THAT(start("limits:\n  service: {domain: shop, address: \"127.0.0.1:1\", ca_file: "
                    "warden.yaml}\n"),
              HasSubstr("limits.service.ca_file: "));
}

INSTANTIATE_TEST_SUITE_P(Apis, LimitsServiceTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
