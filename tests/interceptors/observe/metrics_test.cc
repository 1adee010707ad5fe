#include "interceptors/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MetricsOptions Options() {
  return {.methods = {"/shop.v1.Orders/Create", "/shop.v1.Orders/Get"},
          .reasons = {"ok", "token_expired", "permission_missing"},
          .stages = {"identity", "token"},
          .algorithms = {"ES256", "RS256"},
          .token_results = {"ok", "expired"},
          .rules = {"string.min_len", "required"},
          .limit_keys = {"peer", "principal"},
          .version = "1.2.3"};
}

std::shared_ptr<Metrics> Make() {
  auto metrics = Metrics::Create(Options());
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return *metrics;
}

std::string Text(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

size_t CountSeries(const Metrics& metrics) {
  size_t series = 0;
  for (const auto& family : metrics.Collect()) series += family.metric.size();
  return series;
}

TEST(MetricsTest, WhatThePolicyDoesIsCounted) {
  const auto metrics = Make();
  metrics->SetPolicy("aa");
  std::string text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("warden_policy_info{sha256=\"aa\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_break_glass_total{method=\"/shop.v1.Orders/Get\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("warden_shadow"))) << "there is no such policy";
  EXPECT_THAT(text, Not(HasSubstr("warden_observed")));
  metrics->SetShadowPolicy("bb");
  metrics->RecordBreakGlass(1);
  metrics->RecordShadowDifference(0, /*would_allow=*/true);
  metrics->RecordShadowDifference(0, /*would_allow=*/false);
  metrics->RecordShadowDifference(0, /*would_allow=*/false);
  metrics->RecordObserved(1, 1);
  text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("warden_shadow_policy_info{sha256=\"bb\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_break_glass_total{method=\"/shop.v1.Orders/Get\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_shadow_differences_total{method=\"/shop.v1.Orders/Create\","
                              "kind=\"would_allow\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kind=\"would_deny\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("warden_observed_refusals_total{method=\"/shop.v1.Orders/Get\","
                              "reason=\"token_expired\"} 1\n"));
}

TEST(MetricsTest, DecisionsAreCountedByMethodAndReason) {
  const auto metrics = Make();
  metrics->RecordDecision(0, 0);
  metrics->RecordDecision(0, 0);
  metrics->RecordDecision(1, 2);
  metrics->RecordDecision(metrics->unknown_method(), 1);
  metrics->RecordDecision(77, 99);
  const std::string text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("# TYPE warden_decisions_total counter\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Create\",reason=\"ok\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("{method=\"/shop.v1.Orders/Get\",reason=\"permission_missing\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Get\",reason=\"ok\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"unknown\",reason=\"token_expired\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"unknown\",reason=\"other\"} 1\n"));
}

TEST(MetricsTest, StageDurationsFallIntoTheirBuckets) {
  const auto metrics = Make();
  metrics->RecordStage(0, int64_t{250});  // a bound belongs to its bucket
  metrics->RecordStage(0, int64_t{251});
  metrics->RecordStage(0, absl::Milliseconds(10));
  metrics->RecordStage(0, absl::Seconds(2));
  metrics->RecordStage(0, int64_t{-5});
  const std::string text = Text(*metrics);
  const std::string bucket = "warden_stage_duration_seconds_bucket{stage=\"identity\",le=\"";
  EXPECT_THAT(text, HasSubstr(bucket + "2.5e-07\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "5e-07\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "0.01\"} 4\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "+Inf\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("warden_stage_duration_seconds_count{stage=\"identity\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("warden_stage_duration_seconds_sum{stage=\"identity\"} 2.0100005"));
  EXPECT_THAT(text, HasSubstr("warden_stage_duration_seconds_count{stage=\"token\"} 0\n"));
}

TEST(MetricsTest, TokensLimitsAndRulesAreCounted) {
  const auto metrics = Make();
  metrics->RecordToken("ES256", "ok");
  metrics->RecordToken("none", "some new result");
  metrics->RecordTokenCache(true);
  metrics->RecordTokenCache(false);
  metrics->RecordTokenCache(false);
  metrics->RecordRateLimited(0, "principal");
  metrics->RecordRuleViolation(1, "required");
  metrics->RecordRuleViolation(1, "made.up");
  const std::string text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("{algorithm=\"ES256\",result=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{algorithm=\"unknown\",result=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_token_cache_requests_total{result=\"hit\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_token_cache_requests_total{result=\"miss\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Create\",key=\"principal\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Get\",rule=\"required\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Get\",rule=\"other\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("made.up")));
}

TEST(MetricsTest, CallsInFlightGoUpAndDownAcrossThreads) {
  const auto metrics = Make();
  metrics->CallStarted();
  metrics->CallStarted();
  EXPECT_THAT(Text(*metrics), HasSubstr("\nwarden_calls_in_flight 2\n"));
  // Ended by a thread of another stripe, whose own sum goes below zero.
  std::thread([&] { metrics->CallEnded(); }).join();
  EXPECT_THAT(Text(*metrics), HasSubstr("\nwarden_calls_in_flight 1\n"));
  metrics->CallEnded();
  EXPECT_THAT(Text(*metrics), HasSubstr("\nwarden_calls_in_flight 0\n"));
}

TEST(MetricsTest, FilesAndBuildAreDescribed) {
  const auto metrics = Make();
  EXPECT_THAT(Text(*metrics), HasSubstr("warden_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(Text(*metrics), HasSubstr("warden_reloads_total{file=\"policy\",result=\"ok\"} 0\n"));
  EXPECT_THAT(Text(*metrics), Not(HasSubstr("timestamp_seconds{")));
  metrics->RecordReload(ReloadedFile::kPolicy, true, absl::FromUnixMillis(1'700'000'000'250));
  metrics->RecordReload(ReloadedFile::kKeySet, false, absl::FromUnixSeconds(1'700'000'001));
  metrics->SetCertificateExpiry(absl::FromUnixSeconds(1'800'000'000));
  metrics->SetPolicy("abc123");
  metrics->SetPolicy("def456");
  const std::string text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("warden_reloads_total{file=\"policy\",result=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("warden_reloads_total{file=\"key_set\",result=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("success_timestamp_seconds{file=\"policy\"} 1700000000.25\n"));
  EXPECT_THAT(text, Not(HasSubstr("success_timestamp_seconds{file=\"key_set\"}")));
  EXPECT_THAT(text, HasSubstr("warden_certificate_expiry_timestamp_seconds 1800000000\n"));
  EXPECT_THAT(text, HasSubstr("warden_policy_info{sha256=\"def456\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("abc123")));
}

TEST(MetricsTest, SamplesAreReadAtEachScrapeUntilTheyEnd) {
  const auto metrics = Make();
  double keys = 5;
  EXPECT_THAT(Text(*metrics), Not(HasSubstr("warden_rate_limit_tracked_keys")));
  metrics->Sample(SampledMetric::kRateLimitTrackedKeys, [&] { return keys; });
  metrics->Sample(SampledMetric::kRateLimitEvictions, [] { return 3.0; });
  EXPECT_THAT(Text(*metrics), HasSubstr("# TYPE warden_rate_limit_tracked_keys gauge\n"
                                        "warden_rate_limit_tracked_keys 5\n"));
  EXPECT_THAT(Text(*metrics), HasSubstr("# TYPE warden_rate_limit_evictions_total counter\n"
                                        "warden_rate_limit_evictions_total 3\n"));
  keys = 6;
  EXPECT_THAT(Text(*metrics), HasSubstr("warden_rate_limit_tracked_keys 6\n"));
  metrics->Sample(SampledMetric::kRateLimitTrackedKeys, nullptr);
  EXPECT_THAT(Text(*metrics), Not(HasSubstr("warden_rate_limit_tracked_keys")));
}

TEST(MetricsTest, BadNameListsAreRefusedAsAWhole) {
  MetricsOptions options = Options();
  options.methods.push_back("/shop.v1.Orders/Get");
  options.stages.push_back("");
  const auto metrics = Metrics::Create(options);
  ASSERT_FALSE(metrics.ok());
  EXPECT_THAT(std::string(metrics.status().message()), HasSubstr("/shop.v1.Orders/Get twice"));
  EXPECT_THAT(std::string(metrics.status().message()), HasSubstr("stages: an empty name"));
}

// A million values that a caller could choose, in every place where one could get in.
TEST(MetricsTest, HostileValuesAddNoSeries) {
  const auto metrics = Make();
  // Once, because what hostile values fall into is shown only after it has happened.
  metrics->RecordDecision(99, 99);
  metrics->RecordToken("x", "x");
  metrics->RecordRuleViolation(99, "x");
  metrics->RecordRateLimited(99, "mine");
  metrics->RecordStage(99, int64_t{1});
  const size_t before = CountSeries(*metrics);
  for (uint32_t i = 0; i < 1'000'000; ++i) {
    const std::string value = absl::StrCat("\"}\n evil", i);
    metrics->RecordDecision(3 + i, 4 + i);
    metrics->RecordToken(value, value);
    metrics->RecordRuleViolation(3 + i, value);
    metrics->RecordRateLimited(3 + i, value);
    metrics->RecordStage(3 + i, int64_t{1});
    metrics->RecordReload(static_cast<ReloadedFile>(3), false, absl::UnixEpoch());
  }
  EXPECT_EQ(CountSeries(*metrics), before);
  EXPECT_LT(before, 100u);
  const std::string text = Text(*metrics);
  EXPECT_THAT(text, Not(HasSubstr("evil")));
  EXPECT_THAT(text, HasSubstr("{method=\"unknown\",reason=\"other\"} 1000001\n"));
  EXPECT_THAT(text, HasSubstr("{method=\"unknown\",rule=\"other\"} 1000001\n"));
}

// Prometheus' conventions: https://prometheus.io/docs/practices/naming/
TEST(MetricsTest, NamesFollowTheConventions) {
  const auto metrics = Make();
  for (size_t i = 0; i < kSampledMetrics; ++i) {
    metrics->Sample(static_cast<SampledMetric>(i), [] { return 1.0; });
  }
  metrics->RecordRuleViolation(0, "required");
  metrics->RecordRateLimited(0, "peer");
  metrics->RecordReload(ReloadedFile::kPolicy, true, absl::UnixEpoch() + absl::Seconds(1));
  metrics->SetCertificateExpiry(absl::UnixEpoch() + absl::Seconds(1));
  metrics->SetPolicy("00");
  std::set<std::string> names;
  for (const auto& family : metrics->Collect()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_TRUE(family.name.starts_with("warden_")) << family.name;
    EXPECT_TRUE(prometheus::CheckMetricName(family.name)) << family.name;
    EXPECT_EQ(family.type == prometheus::MetricType::Counter, family.name.ends_with("_total"))
        << family.name;
    EXPECT_TRUE(family.help.ends_with('.')) << family.name;
    EXPECT_FALSE(family.metric.empty()) << family.name;
    std::set<std::string> series;
    for (const auto& metric : family.metric) {
      std::string labels;
      for (const auto& label : metric.label) {
        EXPECT_TRUE(prometheus::CheckLabelName(label.name)) << label.name;
        absl::StrAppend(&labels, label.name, "=", label.value, ";");
      }
      EXPECT_TRUE(series.insert(labels).second) << family.name << labels;
    }
  }
  EXPECT_GE(names.size(), 29u);
}

TEST(MetricsTest, NothingIsLostBetweenThreads) {
  const auto metrics = Make();
  constexpr int kThreads = 4;
  constexpr int kEach = 100'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        metrics->RecordDecision(0, 0);
        metrics->RecordStage(1, int64_t{1000});
      }
    });
  }
  for (int i = 0; i < 20; ++i) Text(*metrics);  // scrapes run beside it
  for (std::thread& thread : threads) thread.join();
  const std::string text = Text(*metrics);
  EXPECT_THAT(text, HasSubstr("{method=\"/shop.v1.Orders/Create\",reason=\"ok\"} 400000\n"));
  EXPECT_THAT(text, HasSubstr("warden_stage_duration_seconds_count{stage=\"token\"} 400000\n"));
  EXPECT_THAT(text, HasSubstr("warden_stage_duration_seconds_sum{stage=\"token\"} 0.4"));
}

}  // namespace
}  // namespace warden
