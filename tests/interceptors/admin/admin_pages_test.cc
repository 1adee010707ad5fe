#include "interceptors/admin/admin_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "nlohmann/json.hpp"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "Bearer 0123456789abcdef";

class OneMetric final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    if (fails) throw std::runtime_error("/etc/secret");
    prometheus::MetricFamily family = {"warden_x", "help", prometheus::MetricType::Gauge, {}};
    family.metric.emplace_back();
    return {family};
  }
  bool fails = false;
};

class AdminPagesTest : public ::testing::Test {
 protected:
  AdminPagesTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "warden-pages-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    std::ofstream(folder_ / "token") << "0123456789abcdef";
    secret_ = BearerSecret::Create((folder_ / "token").string()).value();
    health_->SetServing();
  }
  ~AdminPagesTest() override { std::filesystem::remove_all(folder_); }

  AdminPages Pages(AdminPagesOptions options, bool with_secret = false) {
    return AdminPages(options,
                      {.metrics = metrics_,
                       .health = health_,
                       .policy = [this]() -> absl::StatusOr<AccessMatrix> {
                         if (policy_fails_) return absl::InternalError("/etc/policy.yaml");
                         AccessMatrix matrix;
                         matrix.policy_sha256 = "abc";
                         matrix.roles = {"<script>"};
                         return matrix;
                       }},
                      with_secret ? secret_.get() : nullptr);
  }
  static AdminRequest Get(const std::string& path, const std::string& authorization = "") {
    AdminRequest request{.path = path, .host = "127.0.0.1:1", .authorization = authorization};
    const size_t question = path.find('?');
    if (question != std::string::npos) {
      request.path = path.substr(0, question);
      request.query = path.substr(question + 1);
    }
    return request;
  }

  std::filesystem::path folder_;
  std::shared_ptr<OneMetric> metrics_ = std::make_shared<OneMetric>();
  std::shared_ptr<HealthRegistry> health_ =
      std::make_shared<HealthRegistry>([] { return absl::FromUnixSeconds(1'700'000'000); });
  std::unique_ptr<BearerSecret> secret_;
  bool policy_fails_ = false;
};

TEST_F(AdminPagesTest, LivenessHangsOnNothing) {
  AdminPages pages = Pages({}, /*with_secret=*/true);
  health_->Add("store", [] { return HealthFinding{HealthState::kFailed, "down"}; });
  health_->SetDraining();
  const AdminAnswer answer = pages.Answer(Get("/healthz"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(AdminPagesTest, ReadinessShowsTheChecksAndDetailsToThoseWhoMaySee) {
  AdminPages pages = Pages({}, /*with_secret=*/true);
  health_->Add("store", [] { return HealthFinding{HealthState::kDegraded, "where it is"}; });
  AdminAnswer answer = pages.Answer(Get("/readyz", kToken));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  nlohmann::json document = nlohmann::json::parse(answer.body);
  EXPECT_EQ(document["ready"], true);
  ASSERT_EQ(document["checks"].size(), 2u);
  EXPECT_EQ(document["checks"][1], nlohmann::json({{"name", "store"},
                                                   {"ok", true},
                                                   {"state", "degraded"},
                                                   {"since", "2023-11-14T22:13:20Z"},
                                                   {"detail", "where it is"}}));
  health_->Add("store", [] { return HealthFinding{HealthState::kFailed, "where it is"}; });
  answer = pages.Answer(Get("/readyz"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, Not(HasSubstr("where it is"))) << "for nobody in particular";
  EXPECT_EQ(nlohmann::json::parse(answer.body)["checks"][1]["ok"], false);
}

TEST_F(AdminPagesTest, TheTokenOpensMetricsAndPolicy) {
  AdminPages pages = Pages({.debug_policy = true}, /*with_secret=*/true);
  for (const char* path : {"/metrics", "/debug/policy"}) {
    for (const char* wrong : {"", "Bearer", "Bearer 0123456789abcdeF", "Basic MDEyMzQ1Njc4"}) {
      const AdminAnswer answer = pages.Answer(Get(path, wrong));
      EXPECT_EQ(answer.status, 401) << path;
      EXPECT_EQ(answer.body, "unauthorized\n") << "the same whatever was wrong";
      ASSERT_EQ(answer.headers.size(), 1u);
      EXPECT_EQ(answer.headers[0].first, "WWW-Authenticate");
    }
    EXPECT_EQ(pages.Answer(Get(path, kToken)).status, 200) << path;
  }
}

TEST_F(AdminPagesTest, OtherPathsAreNotFound) {
  AdminPages pages = Pages({});
  for (const char* path : {"/", "", "/metrics/", "/METRICS", "//metrics", "/metrics/../metrics",
                           "/%6detrics", "/debug/policy", "/debug", "/healthz/", "/.git/config"}) {
    EXPECT_EQ(pages.Answer(Get(path)).status, 404) << path;
  }
}

TEST_F(AdminPagesTest, ThePolicyAsHtmlAndAsJson) {
  AdminPages pages = Pages({.debug_policy = true});
  const AdminAnswer html = pages.Answer(Get("/debug/policy"));
  EXPECT_EQ(html.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(html.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html.body, Not(HasSubstr("<script")));
  ASSERT_EQ(html.headers.size(), 1u);
  EXPECT_THAT(
      html.headers[0].second,
      ::testing::MatchesRegex("default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='.*"));
  const AdminAnswer json = pages.Answer(Get("/debug/policy?format=json"));
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_EQ(nlohmann::json::parse(json.body)["policy_sha256"], "abc");
  EXPECT_EQ(pages.Answer(Get("/debug/policy?format=xml")).status, 400);
  policy_fails_ = true;
  const AdminAnswer broken = pages.Answer(Get("/debug/policy"));
  EXPECT_EQ(broken.status, 500);
  EXPECT_THAT(broken.body, Not(HasSubstr("policy.yaml")));
}

TEST_F(AdminPagesTest, AnErrorTellsNothing) {
  AdminPages pages = Pages({});
  metrics_->fails = true;
  const AdminAnswer answer = pages.Answer(Get("/metrics"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal server error\n");
}

TEST_F(AdminPagesTest, MetricsAreCompressedForWhoAccepts) {
  AdminPages pages = Pages({});
  const AdminAnswer plain = pages.Answer(Get("/metrics"));
  EXPECT_EQ(plain.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(plain.body, HasSubstr("# TYPE warden_x gauge\n"));
  AdminRequest request = Get("/metrics");
  request.accepts_gzip = true;
  const AdminAnswer packed = pages.Answer(request);
  EXPECT_THAT(packed.headers,
              ::testing::Contains(std::pair<std::string, std::string>("Content-Encoding", "gzip")));
  std::string text(4096, '\0');
  z_stream stream = {};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed.body;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(text, plain.body);
}

TEST_F(AdminPagesTest, PagesAreBoundedAndProbesAreNot) {
  AdminPages pages = Pages({.pages_per_second = 0.001, .debug_policy = true});
  // Not one whole page is saved up.
  EXPECT_EQ(pages.Answer(Get("/metrics")).status, 429);
  AdminPages burst = Pages({.pages_per_second = 2, .debug_policy = true});
  int served = 0;
  for (int i = 0; i < 1000; ++i) {
    if (burst.Answer(Get(i % 2 == 0 ? "/metrics" : "/debug/policy")).status == 200) ++served;
  }
  EXPECT_GE(served, 4);
  EXPECT_LT(served, 100) << "four at once, and two a second";
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(burst.Answer(Get("/healthz")).status, 200);
    EXPECT_EQ(burst.Answer(Get("/readyz")).status, 200);
  }
}

TEST_F(AdminPagesTest, NamesOfOthersAreTurnedAway) {
  AdminPages pages = Pages({.only_local_names = true});
  for (const char* host : {"127.0.0.1", "127.0.0.1:9464", "localhost", "localhost:1", "[::1]:9",
                           "[::1]", "10.0.0.1:80", ""}) {
    AdminRequest request = Get("/metrics");
    request.host = host;
    EXPECT_EQ(pages.Answer(request).status, 200) << host;
  }
  for (const char* host : {"evil.example", "evil.example:9464", "localhost.evil.example", "a:b:c",
                           "127.0.0.1.evil.example", "localhost:1:2", "[evil]:1"}) {
    AdminRequest request = Get("/metrics");
    request.host = host;
    EXPECT_EQ(pages.Answer(request).status, 421) << host;
  }
}

TEST_F(AdminPagesTest, RequestsAreCountedUnderFixedLabels) {
  AdminPages pages = Pages({.pages_per_second = 2});
  for (int i = 0; i < 10'000; ++i) pages.Answer(Get("/" + std::to_string(i)));
  for (int i = 0; i < 100; ++i) pages.Answer(Get("/metrics"));
  const prometheus::MetricFamily family = pages.Families().at(0);
  EXPECT_EQ(family.name, "warden_admin_requests_total");
  EXPECT_LE(family.metric.size(), 20u);
  double not_found = 0;
  for (const prometheus::ClientMetric& sample : family.metric) {
    if (sample.label[0].value == "other" && sample.label[1].value == "refused") {
      not_found = sample.counter.value;
    }
  }
  EXPECT_EQ(not_found, 10'000);
}

}  // namespace
}  // namespace warden
