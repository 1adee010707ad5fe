// The number of series does not hang on what callers send.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "interceptors/admin/admin_pages.h"
#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

constexpr int kHostileValues = 1'000'000;

std::shared_ptr<Metrics> MakeMetrics() {
  MetricsOptions options;
  options.methods = {"/a.B/C", "/a.B/D"};
  options.reasons = {"ok", "token_malformed", "internal"};
  options.stages = {"admission", "credential"};
  options.algorithms = {"ES256"};
  options.token_results = {"ok", "malformed"};
  options.rules = {"string.min_len"};
  options.version = "1";
  return *Metrics::Create(std::move(options));
}

// Every series that can be: all of them are there once each counter has counted.
size_t MostSeries() {
  constexpr size_t kMethods = 3, kReasons = 4, kStages = 3, kAlgorithms = 2, kResults = 3;
  constexpr size_t kRules = 2, kFiles = kReloadedFiles;
  return kMethods * kReasons * 3 +  // decisions, streams ended, observed
         kStages + kAlgorithms * kResults + 2 + kMethods * 3 + kMethods * kRules + 1 + kFiles * 3 +
         kMethods * 3 + 4;
}

size_t CountSeries(const prometheus::Collectable& metrics, std::set<std::string>* values) {
  size_t series = 0;
  for (const prometheus::MetricFamily& family : metrics.Collect()) {
    series += family.metric.size();
    for (const prometheus::ClientMetric& sample : family.metric) {
      for (const auto& label : sample.label) values->insert(label.value);
    }
  }
  return series;
}

// Nothing that a caller chooses (method names, `alg`, `kid`, addresses, SPIFFE IDs, keys) has a way
// into a label: those of Metrics' functions that take a text look it up in the fixed list.
TEST(Cardinality, AMillionHostileValuesAddNoSeries) {
  const std::shared_ptr<Metrics> metrics = MakeMetrics();
  std::set<std::string> values;
  const size_t before = CountSeries(*metrics, &values);
  std::string text;
  for (int i = 0; i < kHostileValues; ++i) {
    text = absl::StrCat("spiffe://evil/", i, "\n\"}", i % 7 == 0 ? "\x80" : "");
    const auto number = static_cast<uint32_t>(i) * 2654435761u;
    metrics->RecordToken(text, text);
    metrics->RecordRuleViolation(number, text);
    metrics->RecordDecision(number, number >> 3);
    metrics->RecordStage(number, int64_t{i});
    metrics->RecordRateLimited(number, text);
    metrics->RecordStreamEnded(number, number);
    metrics->RecordObserved(number, number);
    metrics->RecordBreakGlass(number);
  }
  const size_t after = CountSeries(*metrics, &values);
  EXPECT_LE(after, MostSeries());
  EXPECT_GE(after, before);
  for (const std::string& value : values) {
    EXPECT_EQ(value.find("evil"), std::string::npos) << value;
  }
  // The same again adds none at all.
  for (int i = 0; i < kHostileValues; ++i) {
    metrics->RecordToken(absl::StrCat("HS", i), absl::StrCat(i));
  }
  EXPECT_EQ(CountSeries(*metrics, &values), after);
}

TEST(Cardinality, NorDoRequestsToTheAdminPort) {
  const auto health = std::make_shared<HealthRegistry>([] { return absl::UnixEpoch(); });
  AdminPages pages({}, {.metrics = MakeMetrics(), .health = health}, nullptr);
  size_t series = 0;
  for (int i = 0; i < kHostileValues / 10; ++i) {
    pages.Answer({.path = absl::StrCat("/", i),
                  .query = absl::StrCat("format=", i),
                  .host = absl::StrCat(i, ".evil.example"),
                  .authorization = absl::StrCat("Bearer ", i)});
    if (i == 10) series = pages.Families()[0].metric.size();
  }
  EXPECT_EQ(pages.Families()[0].metric.size(), series);
}

}  // namespace
}  // namespace warden
